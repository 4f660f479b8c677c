"""On which terms a person is asked: written on the policy, carried with the question, nonsense
falls back to the defaults.
"""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals.rules.request_vocabulary import OnExpiry, RequestKind
from approvals.rules.terms import DEFAULTS, ApprovalStage, Terms, terms_of
from policies.decision import DecisionKind
from policies.gate.gate_facts import ASKING, CallFacts, GatePolicy
from policies.gate.rules import ToolGate, judge

AT = datetime(2026, 3, 1, tzinfo=UTC)


def asked(**terms: Any) -> Terms:
    """What a request gets of a policy that asks."""
    policy = GatePolicy("money", DecisionKind.ASK, **terms)
    found = judge(CallFacts("desk", "pay", "irreversible", {}), ToolGate([policy]))
    return terms_of(RequestKind.CALL, found.facts)


def test_a_policy_that_says_nothing_asks_on_the_default_terms() -> None:
    assert asked() == DEFAULTS[RequestKind.CALL]


def test_what_the_policy_says_reaches_the_question() -> None:
    terms = asked(
        approver_group="refunds, finance",
        quorum=2,
        ttl_seconds=60,
        on_expiry="escalate",
        escalate_to="management",
        four_eyes=False,
    )
    assert terms == Terms(
        (ApprovalStage("refunds", 2), ApprovalStage("finance", 2)),
        60,
        OnExpiry.ESCALATE,
        "management",
        four_eyes=False,
    )
    assert terms.expires_at(AT) == AT + timedelta(seconds=60)


def test_no_time_to_decide_is_without_a_limit() -> None:
    assert asked(ttl_seconds=None).expires_at(AT) is None


@pytest.mark.parametrize(
    "nonsense", [None, 7, {"quorum": "many", "on_expiry": "explode", "ttl": "soon", "group": " , "}]
)
def test_nonsense_is_the_default(nonsense: Any) -> None:
    terms = terms_of(RequestKind.CALL, {"approval": nonsense})
    assert (terms.stages, terms.on_expiry) == ((ApprovalStage(),), OnExpiry.DENY)


def test_policies_and_approvals_agree_on_the_defaults() -> None:
    assert terms_of(RequestKind.CALL, {"approval": asdict(ASKING)}) == DEFAULTS[RequestKind.CALL]


def test_an_escalation_adds_one_last_stage_and_expires_for_good() -> None:
    terms = Terms(
        (ApprovalStage("a", 2), ApprovalStage("b")), 60, OnExpiry.ESCALATE, "boss"
    ).escalated(0)
    assert (terms.stages, terms.on_expiry) == (
        (ApprovalStage("a", 2), ApprovalStage("boss")),
        OnExpiry.DENY,
    )
