"""Facts are handed over by the names of calls: what is missing, outdated or unheard of lets nothing
through.
"""

from dataclasses import replace
from typing import Any

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.gate.gate_facts import CallFacts, GatePolicy
from policies.gate.rules import ToolGate, judge
from runs.engine import call_decisions
from runs.engine import events as e
from runs.engine.fold import folded
from runs.engine.ports import UNPREPARED, Prepared, ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, CallAct, Effect
from runs.runtime.baseline_rules import OwnRules
from tests.core.runs_in_memory import START, Rules, created, leased, spec

CALL = ToolCall("c1", "pay", {"n": 1})
# no tool is looked for
RULES = OwnRules(toolbox=None, problems=lambda schema, args: [])  # type: ignore[arg-type]
CUT_OFF = Decision(DecisionKind.DENY, rule="breaker")
ASKS = Decision(DecisionKind.ASK, rule="money")


@pytest.mark.parametrize(
    ("prepared", "answer", "rule"),
    [
        (None, DecisionKind.DENY, UNPREPARED.rule),
        (
            Prepared(ToolCall("c1", "pay", {"n": 2}), ALLOWED, ALLOWED),
            DecisionKind.DENY,
            UNPREPARED.rule,
        ),
        (Prepared(CALL, ALLOWED), DecisionKind.DENY, UNPREPARED.rule),
        (Prepared(CALL, ALLOWED, CUT_OFF), DecisionKind.DENY, "breaker"),
        (
            Prepared(CALL, Decision(DecisionKind.DENY, rule="never"), ALLOWED),
            DecisionKind.DENY,
            "never",
        ),
        (Prepared(CALL, ASKS), DecisionKind.ASK, "money"),
        (Prepared(CALL, ASKS, CUT_OFF), DecisionKind.DENY, "breaker"),
        (Prepared(ToolCall("c1", "pay", {"n": 1}), ALLOWED, ALLOWED), DecisionKind.ALLOW, ""),
    ],
)
def test_a_call_passes_by_what_was_found_out_of_it_and_not_otherwise(
    prepared: Prepared | None, answer: DecisionKind, rule: str
) -> None:
    found = RULES.may_call(RunState(), CALL, prepared, START)
    assert (found.kind, found.rule) == (answer, rule)


def decided(word: CallAct = AnswerAct.APPROVE, args: dict[str, Any] | None = None) -> RunState:
    """A run whose call was asked for and decided."""
    asked = e.CallAsked(
        at=START,
        step=1,
        tool="pay",
        call="1.1",
        ref="c1",
        args={"n": 1},
        effect=Effect.IRREVERSIBLE,
        undo=False,
        rule="money",
        sentence="",
        facts={},
    )
    planned = e.StepPlanned(at=START, step=1, calls=(CALL,))
    said = e.CallDecided(
        at=START, actor="user:anna", step=1, tool="pay", call="1.1", word=word, args=args
    )
    return folded([created(), leased(), planned, asked, said])


@pytest.mark.parametrize(
    ("prepared", "made"),
    [
        (Prepared(CALL, ASKS), False),
        (Prepared(replace(CALL, args={"n": 1}), ASKS, ALLOWED), False),
        (Prepared(replace(CALL, args={"n": 5}), ASKS, ALLOWED), True),
        (Prepared(replace(CALL, args={"n": 5}), Decision(DecisionKind.DENY, rule="never")), True),
    ],
)
def test_what_was_found_out_before_a_person_decided_is_found_out_anew(
    prepared: Prepared, made: bool
) -> None:
    state = decided(AnswerAct.EDIT, {"n": 5})
    rules = Rules({"pay": spec("pay")}, {"pay": ASKS})
    assert bool(list(call_decisions.next_calls(state, rules, START, {"1.1": prepared}))) is made
    assert call_decisions.proposed(state) == {"1.1": ToolCall("c1", "pay", {"n": 5})}


@pytest.mark.parametrize(
    "state",
    [decided(), folded([created(), leased(), e.StepPlanned(at=START, step=1, calls=(CALL,))])],
    ids=["approved", "new"],
)
def test_an_answer_that_nobody_has_heard_of_lets_nothing_through(state: RunState) -> None:
    # what a later version might say
    rules = Rules({"pay": spec("pay")}, {"pay": Decision("perhaps")})  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        list(call_decisions.next_calls(state, rules, START))


def test_a_policy_with_a_verdict_that_nobody_has_heard_of_denies() -> None:
    # what a later version might say
    gate = ToolGate([GatePolicy("odd", "perhaps")])  # type: ignore[arg-type]
    assert judge(CallFacts("a", "t", "read", {}), gate).kind is DecisionKind.DENY
