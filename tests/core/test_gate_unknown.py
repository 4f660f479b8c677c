"""A dry run says what it did not know, and whether its answer rests on that."""

import pytest

from policies.decision import DecisionKind
from policies.gate.cases import case
from policies.gate.gate_facts import CallFacts, GatePolicy
from policies.gate.rules import ToolGate, judge
from policies.gate.unknown import Unknown, rests_on

ALL = frozenset(Unknown)


def found(
    *policies: GatePolicy, unknown: frozenset[Unknown] = ALL, groups: frozenset[str] = frozenset()
) -> tuple[Unknown, ...]:
    facts, gate = (
        CallFacts("desk", "pay", "irreversible", {"amount": 5}, groups=groups),
        ToolGate(policies),
    )
    return rests_on(facts, gate, judge(facts, gate), unknown)


@pytest.mark.parametrize(
    ("condition", "unknown"),
    [
        ("run.tokens < 100", Unknown.TOKENS),
        ("run.usd < 1.0", Unknown.USD),
        ("run.step < 9", Unknown.STEP),
        ("run.calls < 9", Unknown.CALLS),
        ("run.goal != 'x'", Unknown.GOAL),
        ("!tainted(args.amount)", Unknown.SOURCES),
        ("!('staff' in principal.groups)", Unknown.GROUPS),
        ("principal.id != '17'", Unknown.WHO),
        ("now > timestamp('2020-01-01T00:00:00Z')", Unknown.TIME),
    ],
)
def test_an_answer_rests_on_what_its_condition_reads(condition: str, unknown: Unknown) -> None:
    assert found(GatePolicy("p", DecisionKind.ALLOW, condition=condition)) == (unknown,)
    assert (
        found(GatePolicy("p", DecisionKind.ALLOW, condition=condition), unknown=ALL - {unknown})
        == ()
    )


def test_an_answer_rests_on_the_counts_that_its_caps_look_at() -> None:
    assert found(GatePolicy("p", DecisionKind.ALLOW, cap_per_run=1)) == (Unknown.RUN_COUNT,)
    assert found(GatePolicy("p", DecisionKind.ALLOW, cap_per_hour=1)) == (Unknown.HOUR_COUNT,)
    assert (
        found(GatePolicy("p", DecisionKind.ALLOW_WITH_CAPS, caps="args.amount < 1", cap_per_run=1))
        == ()
    )


def test_an_answer_rests_on_all_policies_that_were_asked_before_and_on_none_after() -> None:
    before = GatePolicy("a", DecisionKind.DENY, condition="run.usd > 5.0", priority=1)
    after = GatePolicy("z", DecisionKind.DENY, condition="run.tokens > 5", priority=200)
    assert found(before, GatePolicy("p", DecisionKind.ALLOW), after) == (Unknown.USD,)


def test_a_policy_for_a_group_that_nobody_knows_of_may_have_decided() -> None:
    assert found(
        GatePolicy("staff", DecisionKind.DENY, group="staff", priority=1),
        GatePolicy("p", DecisionKind.ALLOW),
    ) == (Unknown.GROUPS,)
    assert (
        found(
            GatePolicy("p", DecisionKind.ALLOW),
            GatePolicy("staff", DecisionKind.DENY, group="staff", priority=200),
        )
        == ()
    )


def test_what_reads_nothing_unknown_rests_on_nothing() -> None:
    assert (
        found(GatePolicy("p", DecisionKind.ALLOW, condition="args.amount < 9 && run.id == ''"))
        == ()
    )
    assert (
        found(
            GatePolicy("p", DecisionKind.ALLOW, condition="run.tokens < 100"), unknown=frozenset()
        )
        == ()
    )


def test_a_written_call_does_not_know_what_it_leaves_out() -> None:
    assert case({"tool": "pay", "expect": "deny"}, 1).unknown == ALL
    told = {
        "run": {"step": 1, "calls": 0, "tokens": 9, "usd": 1},
        "goal": "x",
        "groups": [],
        "principal_id": "17",
        "at": "2026-01-01",
        "so_far": {},
    }
    assert case({"tool": "pay", "expect": "deny", **told}, 1).unknown == frozenset()
