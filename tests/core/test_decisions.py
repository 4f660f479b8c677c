"""One decision for all rules: each kind does the same whoever decides it, a kind that nobody listed
lets nothing through.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from policies.budgets import check
from policies.budgets.rules import BudgetAction
from policies.circuit import words as breaker_words
from policies.circuit.rules import BreakerPhase, BreakerState, BreakerThresholds
from policies.decision import ALLOWED, ENDING, LETTING, Decision, DecisionKind, StopReason
from policies.gate.gate_facts import CallFacts, GatePolicy
from policies.gate.rules import ToolGate, judge
from policies.halts import rules as halts
from policies.halts.rules import Lever, Reach
from policies.loops import observations
from policies.loops.loop_thresholds import DEFAULTS
from policies.retries import rules as retries
from policies.retries.failure import Failure
from policies.retries.rules import Afterwards, RetryRule, ToolFacts
from policies.scopes import rules as scopes
from policies.verdicts import Meaning
from runs.engine import actions, call_decisions, machine, outcomes
from runs.engine import events as e
from runs.engine.fold import folded
from runs.engine.ports import Prepared, Returned, ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Effect, Outcome, Verdict
from runs.runtime.baseline_rules import OwnRules
from tests.core.budgets_in_memory import budget, want
from tests.core.runs_in_memory import START, Rules, created, leased, running, spec

ALLOW, CAPS, ASK, DENY, PAUSE, STOP = DecisionKind
LATER = START + timedelta(seconds=10)
PAY = spec("pay", effect=Effect.IRREVERSIBLE, idempotent=True)
CALL = ToolCall("c1", "pay", {"n": 1})
FLIGHT: dict[str, Any] = {"step": 1, "tool": "pay", "call": "1.1"}
PLANNED = e.StepPlanned(at=START, step=1, calls=(CALL,))
INTENDED = e.CallIntended(
    at=START, **FLIGHT, ref="c1", args={"n": 1}, key="1.1", effect=PAY.effect, idempotent=True
)
FAILED = e.CallReturned(
    at=START, **FLIGHT, outcome=Outcome.ERROR, verdict=Verdict.FAILED, retry_at=START
)
ASKED = e.CallAsked(at=START, **FLIGHT, ref="c1", args={"n": 1}, effect=PAY.effect)
APPROVED = e.CallDecided(at=START, **FLIGHT, actor="user:anna", word=AnswerAct.APPROVE)
LETS_GO_ON = frozenset({"plan", "call.intended", "call.retried", "tried again", "run.completed"})


def told(*events: e.RunEvent) -> RunState:
    return folded([created(), leased(), *events])


def names(effect: actions.Action) -> list[str]:
    return kinds(effect.events) if isinstance(effect, actions.Record) else ["plan"]


def kinds(events: Any) -> list[str]:
    return [event.kind for event in events]


def rules(**given: Any) -> Rules:
    return Rules({"pay": PAY}, **given)


def planning(decision: Decision) -> list[str]:
    asked = rules()
    asked.may_plan = lambda state, estimate, now: decision  # type: ignore[method-assign]
    return names(machine.next_effect(running(), asked, START))


def calling(decision: Decision) -> list[str]:
    return kinds(call_decisions.next_calls(told(PLANNED), rules(refused={"pay": decision}), START))


def approving(decision: Decision) -> list[str]:
    state = told(PLANNED, ASKED, APPROVED)
    return kinds(call_decisions.next_calls(state, rules(refused={"pay": decision}), START))


def repeating(decision: Decision) -> list[str]:
    state = told(PLANNED, INTENDED, FAILED)
    return names(machine.next_effect(state, rules(repeating=lambda flight: decision), LATER))


def retrying(decision: Decision) -> list[str]:
    state, back = told(PLANNED, INTENDED), Returned(Outcome.ERROR, error="503")
    asked = rules(retrying=lambda flight: decision)
    first, *more = outcomes.after_call(state, back, Meaning(Verdict.FAILED), asked, START)
    assert isinstance(first, e.CallReturned)
    return ["tried again" if first.retry_at else first.kind, *kinds(more)]


def watching(decision: Decision) -> list[str]:
    state = replace(running(), step=1)
    return names(machine.next_effect(state, rules(watching=lambda state: decision), START))


def answering(decision: Decision) -> list[str]:
    found = outcomes.next_of_answer(
        running(), "42", rules(acceptance=lambda final: decision), START
    )
    return kinds(found.events)


Seam = Callable[[Decision], list[str]]
PAUSED, STOPPED = ["run.paused"], ["run.stopped"]
SEAMS: Mapping[Seam, Mapping[DecisionKind, list[str]]] = {
    planning: {
        ALLOW: ["plan"],
        CAPS: STOPPED,
        ASK: STOPPED,
        DENY: STOPPED,
        PAUSE: PAUSED,
        STOP: STOPPED,
    },
    calling: {
        ALLOW: ["call.intended"],
        CAPS: ["call.intended"],
        ASK: ["call.asked", "run.waiting"],
        DENY: ["call.refused"],
        PAUSE: PAUSED,
        STOP: STOPPED,
    },
    approving: {
        ALLOW: ["call.intended"],
        CAPS: ["call.intended"],
        ASK: ["call.intended"],
        DENY: ["call.refused"],
        PAUSE: PAUSED,
        STOP: STOPPED,
    },
    repeating: {
        ALLOW: ["call.retried"],
        CAPS: ["call.retried"],
        ASK: ["call.returned"],
        DENY: ["call.returned"],
        PAUSE: PAUSED,
        STOP: STOPPED,
    },
    retrying: {
        ALLOW: ["tried again"],
        CAPS: ["call.returned"],
        ASK: ["call.returned"],
        DENY: ["call.returned"],
        PAUSE: ["call.returned", *PAUSED],
        STOP: ["call.returned", *STOPPED],
    },
    watching: {
        ALLOW: ["hint.given"],
        CAPS: STOPPED,
        ASK: STOPPED,
        DENY: STOPPED,
        PAUSE: PAUSED,
        STOP: STOPPED,
    },
    answering: {
        ALLOW: ["run.completed"],
        CAPS: ["hint.given"],
        ASK: ["hint.given"],
        DENY: ["hint.given"],
        PAUSE: PAUSED,
        STOP: STOPPED,
    },
}


def of_kind(kind: DecisionKind) -> Decision:
    reason = StopReason.LOOP_DETECTED if kind in ENDING else None
    return Decision(kind, "a-rule", 3, "It says so.", {"wait": 1.5}, reason)


@pytest.mark.parametrize("kind", DecisionKind)
@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.__name__)
def test_each_kind_of_decision_does_its_own_at_every_seam(seam: Seam, kind: DecisionKind) -> None:
    assert seam(of_kind(kind)) == SEAMS[seam][kind]


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.__name__)
def test_a_kind_that_nobody_listed_lets_nothing_through(seam: Seam) -> None:
    unheard_of = Decision("perhaps", "a-rule", 3, "It says so.")  # type: ignore[arg-type]
    try:
        follows = seam(unheard_of)
    except AssertionError:
        return
    assert not LETS_GO_ON & set(follows)


def test_a_step_is_not_disturbed_by_a_watch_that_has_nothing_to_say() -> None:
    assert watching(ALLOWED) == ["plan"]


@pytest.mark.parametrize("kind", DecisionKind)
def test_only_a_pause_and_a_stop_have_a_reason_and_both_must(kind: DecisionKind) -> None:
    with pytest.raises(ValueError, match=f"a decision to {kind}"):
        replace(of_kind(kind), reason=None if kind in ENDING else StopReason.TIMEOUT)
    assert of_kind(kind).allowed is (kind in LETTING)


def test_the_words_that_tables_and_files_of_policies_hold_stay_as_they_are() -> None:
    assert [kind.value for kind in DecisionKind] == [
        "allow",
        "allow_with_caps",
        "require_approval",
        "deny",
        "pause",
        "stop",
    ]
    assert {reason.name for reason in StopReason} == {reason.value for reason in StopReason}


def test_what_ends_a_run_is_recorded_with_rule_version_sentence_facts_and_reason() -> None:
    for kind, event in ((PAUSE, e.RunPaused), (STOP, e.RunStopped)):
        found = call_decisions.ended(of_kind(kind), START)
        assert isinstance(found, event)
        assert (found.rule, found.version, found.detail) == ("a-rule", 3, "It says so.")
        assert (found.facts, found.reason) == ({"wait": 1.5}, StopReason.LOOP_DETECTED)
    assert call_decisions.ended(of_kind(DENY), START).reason is StopReason.POLICY_DENIED


# What the rules themselves decide, and what becomes of it.


def gate(verdict: DecisionKind, **facts: Any) -> Decision:
    call = CallFacts("desk", "pay", "irreversible", {"n": 1})
    return judge(call, ToolGate([GatePolicy("money", verdict, version=4, **facts)]))


def spending(action: BudgetAction, **facts: Any) -> Decision:
    limit = budget("10", name="day", version=4, action=action, **facts)
    bucket = check.bucket_of(limit, "desk", "olga", START)
    return check.weighed(bucket, want(), Decimal(10), Decimal(0), fits=False)


def breaker(decision: Decision | None) -> Decision:
    """What the run's own rules say of a call whose breaker said this."""
    box = SimpleNamespace(find=lambda name: SimpleNamespace(spec=PAY), specs=tuple)
    own = OwnRules(box, lambda schema, args: [])
    return own.may_call(RunState(), CALL, Prepared(CALL, gate(ALLOW), decision), START)


def retried(attempt: int, **facts: Any) -> Decision:
    failure = Failure("error", "failed", error="503 Service Unavailable")
    tool = ToolFacts("pay", "irreversible", idempotent=True)
    policy = RetryRule("shops", 4, attempts=2, **facts)
    return retries.decide(attempt, 0, failure, tool, policy, 0.5, 1.0)


OPEN = BreakerState("pay", BreakerPhase.OPEN, open_until=LATER, why="it failed")
SHOPS = BreakerThresholds("shops", 4)
LEVER = Lever(7, Reach.IRREVERSIBLE, "", "anna", START, "Refunds go astray.")


@pytest.mark.parametrize(
    ("decision", "rule", "seam", "follows"),
    [
        (gate(ALLOW), "money", calling, ["call.intended"]),
        (gate(CAPS), "money", calling, ["call.intended"]),
        (gate(ASK), "money", calling, ["call.asked", "run.waiting"]),
        (gate(DENY), "money", calling, ["call.refused"]),
        (gate(CAPS, caps="args.n < 1"), "money", calling, ["call.asked", "run.waiting"]),
        (gate(CAPS, caps="args.n < 1", over_cap=DENY), "money", approving, ["call.refused"]),
        (gate(PAUSE), "money", calling, ["call.refused"]),
        (scopes.lacking("pay", "money", "olga"), "scope:money", calling, ["call.refused"]),
        (spending(BudgetAction.STOP), "budget:day", planning, STOPPED),
        (spending(BudgetAction.PAUSE), "budget:day", planning, PAUSED),
        (spending(BudgetAction.STOP), "budget:day", approving, STOPPED),
        (breaker(ALLOWED), "money", calling, ["call.intended"]),
        (breaker(breaker_words.probing(OPEN, SHOPS)), "money", calling, ["call.intended"]),
        (
            breaker(breaker_words.cut_off(OPEN, SHOPS, START)),
            "breaker:shops",
            calling,
            ["call.refused"],
        ),
        (breaker_words.cut_off(OPEN, SHOPS, START), "breaker:shops", repeating, ["call.returned"]),
        (breaker(None), "unprepared", calling, ["call.refused"]),
        (halts.pausing(LEVER), "halt:irreversible", planning, PAUSED),
        (halts.pausing(LEVER), "halt:irreversible", calling, PAUSED),
        (halts.pausing(LEVER), "halt:irreversible", approving, PAUSED),
        (halts.pausing(LEVER), "halt:irreversible", repeating, PAUSED),
        (retried(1), "retry:shops", retrying, ["tried again"]),
        (retried(2), "retry:shops", retrying, ["call.returned"]),
        (retried(2, used_up=Afterwards.STOP), "retry:shops", retrying, ["call.returned", *STOPPED]),
    ],
)
def test_what_a_rule_decides_arrives_at_the_engine(
    decision: Decision, rule: str, seam: Seam, follows: list[str]
) -> None:
    assert decision.rule == rule
    assert seam(decision) == follows


@pytest.mark.parametrize(
    ("score", "follows"),
    [(DEFAULTS.hint, ["hint.given"]), (DEFAULTS.pause, PAUSED), (DEFAULTS.stop, STOPPED)],
)
@pytest.mark.parametrize("kind", observations.LoopKind)
def test_what_the_loop_detector_decides_arrives_at_the_engine(
    kind: observations.LoopKind, score: float, follows: list[str]
) -> None:
    decision = observations.found(DEFAULTS.reached(score), kind, score, (1, 2), "The same again.")
    assert watching(decision) == follows
    assert decision.rule == f"loop-{kind}"


def test_a_budget_that_sends_runs_to_a_cheaper_planner_allows_nothing_but_that() -> None:
    decision = spending(BudgetAction.DOWNGRADE, model="openai:small")
    assert (decision.kind, decision.facts["downgrade"]) == (CAPS, "openai:small")
    assert planning(decision) == STOPPED
