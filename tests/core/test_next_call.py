"""What a worker does next with the calls of a run: one row for each branch, from a call in flight
to a person's word.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest

from policies.decision import ALLOWED, Decision
from runs.engine import actions, call_decisions
from runs.engine import events as e
from runs.engine.kept_calls import CallAsk, Doubt, Flight
from runs.engine.limits import runway
from runs.engine.ports import Prepared, PreparedCalls, ToolCall
from runs.engine.state import RunLimits, RunState
from runs.engine.vocabulary import (
    AnswerAct,
    Control,
    Effect,
    Outcome,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.deciding import (
    ASK,
    DENY,
    LATE,
    NOW,
    PAUSE,
    STOP,
    flight,
    following,
    recorded,
    rules,
)
from tests.core.runs_in_memory import START, Rules, running


class TestACallInFlight:
    def of(self, **facts: Any) -> RunState:
        control = facts.pop("control", Control.NONE)
        return replace(running(), control=control, step=1, flights=(flight(**facts),))

    @pytest.mark.parametrize(
        "facts",
        [
            {},
            {"control": Control.PAUSE},
            {"doubt": Doubt.LOST, "idempotent": True},
            {"doubt": Doubt.UNKNOWN, "idempotent": True},
        ],
    )
    def test_is_made_when_it_was_not_or_when_twice_is_once(self, facts: dict[str, Any]) -> None:
        state = self.of(**facts)
        assert following(state) == actions.Perform(state.flights)

    def test_that_was_lost_is_looked_up_by_its_tool(self) -> None:
        state = self.of(doubt=Doubt.LOST, lookup=True)
        assert following(state) == actions.Resolve(state.flights[0])

    @pytest.mark.parametrize(
        "facts", [{"doubt": Doubt.LOST}, {"doubt": Doubt.UNKNOWN, "lookup": True}]
    )
    def test_that_nobody_else_knows_of_is_asked_of_a_person(self, facts: dict[str, Any]) -> None:
        why = "Its worker was lost during pay; did it happen?"
        asked = e.RunWaiting(at=NOW, waiting_for=Waiting.IN_DOUBT, why=why)
        assert recorded(self.of(**facts)) == asked
        silent = recorded(self.of(lost="No answer within 30 s.", **facts))
        assert silent.why == "No answer within 30 s. Did pay happen?"

    def test_that_failed_is_intended_again_as_the_next_attempt(self) -> None:
        failed = self.of(doubt=Doubt.CLEARED, retry_at=START, attempt=2)
        assert recorded(failed) == e.CallRetried(at=NOW, step=1, tool="pay", call="1.1", attempt=3)

    def test_that_did_not_happen_is_intended_again_as_the_same_attempt(self) -> None:
        assert recorded(self.of(doubt=Doubt.CLEARED, attempt=2)).attempt == 2

    def test_that_failed_is_held_back_by_a_pause_and_by_its_time(self) -> None:
        due_later = {"doubt": Doubt.CLEARED, "retry_at": NOW + timedelta(hours=1)}
        assert recorded(self.of(control=Control.PAUSE, **due_later)) == e.RunPaused(at=NOW)
        assert recorded(self.of(**due_later), now=LATE).reason is StopReason.TIMEOUT

    def test_that_failed_waits_shortly_here_and_longer_elsewhere(self) -> None:
        def off(seconds: float) -> RunState:
            due = NOW + timedelta(seconds=seconds)
            state = self.of(doubt=Doubt.CLEARED, retry_at=due)
            return replace(state, last_failure="503")

        assert following(off(3)) == actions.Sleep(NOW + timedelta(seconds=3))
        assert recorded(off(3.1)) == e.RunWaiting(
            at=NOW,
            waiting_for=Waiting.BACKOFF,
            why="pay: 503",
            until=NOW + timedelta(seconds=3.1),
        )

    def test_waits_no_longer_than_the_run_has_time(self) -> None:
        state = replace(
            self.of(doubt=Doubt.CLEARED, retry_at=NOW + timedelta(hours=9)),
            limits=RunLimits(seconds=60),
        )
        assert recorded(state).until == state.deadline

    @pytest.mark.parametrize("decision", [DENY, ASK])
    def test_that_a_rule_lets_down_is_told_to_the_planner(self, decision: Decision) -> None:
        state = replace(self.of(doubt=Doubt.CLEARED, attempt=2), last_failure="503")
        assert recorded(state, rules(repeating=lambda each: decision)) == e.CallReturned(
            at=NOW, actor="supervisor", step=1, tool="pay", call="1.1", outcome=Outcome.ERROR,
            verdict=Verdict.FAILED, rule="gate", sentence=decision.sentence, attempt=2,
            error=f"503 It is not tried again: {decision.sentence}", runway=runway(state),
        )  # fmt: skip

    @pytest.mark.parametrize(("decision", "kind"), [(PAUSE, e.RunPaused), (STOP, e.RunStopped)])
    def test_that_a_rule_ends_ends_the_run(
        self, decision: Decision, kind: type[e.RunEvent]
    ) -> None:
        state = self.of(doubt=Doubt.CLEARED)
        event: Any = recorded(state, rules(repeating=lambda each: decision))
        assert event.kind == kind.kind
        assert (event.reason, event.rule, event.version) == (
            decision.reason,
            decision.rule,
            decision.version,
        )


class TestReadsSideBySide:
    read = flight(tool="read", effect=Effect.READ, idempotent=True)

    def of(self, *flights: Flight, **facts: Any) -> RunState:
        return replace(running(), step=1, parallel=4, flights=flights, **facts)

    def test_are_made_together(self) -> None:
        other = replace(self.read, call="1.2", doubt=Doubt.LOST)
        assert following(self.of(self.read, other)) == actions.Perform((self.read, other))

    def test_are_made_beside_one_that_backs_off_until_that_is_due(self) -> None:
        due = NOW + timedelta(seconds=60)
        off = replace(self.read, call="1.2", doubt=Doubt.CLEARED, retry_at=due)
        assert following(self.of(self.read, off)) == actions.Perform((self.read,), due)
        again = following(self.of(self.read, off), now=due)
        assert isinstance(again, actions.Record)
        assert isinstance(again.events[0], e.CallRetried)
        assert again.events[0].call == "1.2"

    def test_are_made_before_any_is_tried_again_when_a_person_wants_to_halt(self) -> None:
        off = replace(self.read, call="1.2", doubt=Doubt.CLEARED, retry_at=START)
        state = self.of(self.read, off, control=Control.PAUSE)
        assert following(state) == actions.Perform((self.read,))

    def test_that_all_back_off_are_tried_again_the_soonest_first(self) -> None:
        first = replace(self.read, doubt=Doubt.CLEARED, retry_at=START + timedelta(seconds=2))
        second = replace(self.read, call="1.2", doubt=Doubt.CLEARED, retry_at=START)
        assert recorded(self.of(first, second)).call == "1.2"
        never_made = replace(first, retry_at=None)
        assert recorded(self.of(second, never_made)).call == "1.1"


class TestBetweenCalls:
    queued = (ToolCall("r1", "pay", {"n": 1}), ToolCall("r2", "read", {}))

    def of(self, *queue: ToolCall, **facts: Any) -> RunState:
        return replace(running(), step=1, queue=queue or self.queued, **facts)

    def test_a_pause_comes_before_the_next_call(self) -> None:
        assert recorded(self.of(control=Control.PAUSE)) == e.RunPaused(at=NOW)

    def test_the_next_call_comes_before_another_turn(self) -> None:
        event = recorded(self.of())
        assert isinstance(event, e.CallIntended)
        assert (event.call, event.args, event.rule) == ("1.1", {"n": 1}, "")

    def test_an_answer_comes_before_another_turn(self) -> None:
        assert isinstance(recorded(replace(running(), proposed="42")), e.RunCompleted)

    def test_refusals_go_back_until_one_is_let_through(self) -> None:
        nobody = ToolCall("r0", "nothing", {"a": 1})
        effect = following(self.of(nobody, *self.queued))
        assert [each.kind for each in effect.events] == ["call.refused", "call.intended"]
        refused = effect.events[0]
        assert (refused.call, refused.ref, refused.args) == ("1.1", "r0", {"a": 1})
        assert (refused.rule, refused.sentence) == ("allowlist", "there is no nothing")

    def test_eight_refusals_in_a_row_end_the_run(self) -> None:
        nobody = tuple(ToolCall(f"r{place}", "nothing", {}) for place in range(9))
        effect = following(self.of(*nobody, refusals=5))
        assert [each.kind for each in effect.events] == ["call.refused"] * 3 + ["run.stopped"]
        assert effect.events[-1] == e.RunStopped(
            at=NOW,
            reason=StopReason.PLANNER_FAILURE,
            rule="allowlist",
            detail="8 calls in a row were refused, the last one: there is no nothing",
        )

    def test_a_commit_rules_on_nine_calls_at_most(self) -> None:
        nobody = tuple(ToolCall(f"r{place}", "nothing", {}) for place in range(12))
        state = self.of(*nobody, refusals=-10, queued=3)
        assert len(following(state).events) == 9

    def test_a_call_that_needs_a_person_is_asked_for_with_those_that_do_as_well(self) -> None:
        asking = rules(refused={"pay": ASK})
        three = (self.queued[0], self.queued[1], ToolCall("r3", "pay", {"n": 3}))
        effect = following(self.of(*three), asking)
        assert [(each.kind, getattr(each, "call", "")) for each in effect.events] == [
            ("call.asked", "1.1"),
            ("call.asked", "1.3"),
            ("run.waiting", ""),
        ]
        assert effect.events[0] == e.CallAsked(
            at=NOW, step=1, tool="pay", call="1.1", ref="r1", args={"n": 1},
            effect=Effect.IRREVERSIBLE, undo=False, rule="gate", sentence="A person decides.",
            facts={"why": 1},
        )  # fmt: skip
        assert effect.events[-1].why == "A person decides."

    @pytest.mark.parametrize("word", [None, AnswerAct.APPROVE])
    def test_nobody_is_asked_again_for_a_later_call_that_was_asked_about_before(
        self, word: Literal[AnswerAct.APPROVE] | None
    ) -> None:
        three = (self.queued[0], self.queued[1], ToolCall("r3", "pay", {"n": 3}))
        known = CallAsk("1.3", {"n": 3}, word, "olga" if word else "", "")
        effect = following(self.of(*three, asks=(known,)), rules(refused={"pay": ASK}))
        assert [(each.kind, getattr(each, "call", "")) for each in effect.events] == [
            ("call.asked", "1.1"),
            ("run.waiting", ""),
        ]

    def test_nobody_is_asked_for_what_could_only_be_stopped_after_it(self) -> None:
        spent = self.of(limits=RunLimits(steps=1))
        event = recorded(spent, rules(refused={"pay": ASK}))
        assert (type(event), event.reason) == (e.RunStopped, StopReason.BUDGET_EXCEEDED)

    def test_a_call_out_of_time_is_not_begun(self) -> None:
        assert recorded(self.of(), now=LATE).reason is StopReason.TIMEOUT

    @pytest.mark.parametrize(("decision", "kind"), [(PAUSE, e.RunPaused), (STOP, e.RunStopped)])
    def test_a_rule_may_pause_or_end_the_run_at_a_call(
        self, decision: Decision, kind: type
    ) -> None:
        assert type(recorded(self.of(), rules(refused={"pay": decision}))) is kind

    def test_arguments_that_are_no_object_are_never_let_through(self) -> None:
        assert isinstance(recorded(self.of(ToolCall("r1", "pay", "[1"))), e.CallRefused)

    def test_reads_are_intended_side_by_side_and_what_changes_the_world_alone(self) -> None:
        reads = tuple(ToolCall(f"r{place}", "read", {}) for place in range(3))
        state = self.of(*reads, self.queued[0], parallel=2)
        assert [each.call for each in following(state).events] == ["1.1", "1.2"]
        alone = replace(state, queue=(self.queued[0], *reads))
        assert [each.call for each in following(alone).events] == ["1.1"]


class TestAPersonsWord:
    def of(self, word: Any, note: str = "", **facts: Any) -> RunState:
        ask = CallAsk("1.1", {"n": 7}, word, "olga", note)
        return replace(
            running(), step=1, queue=(ToolCall("r1", "pay", {"n": 1}),), asks=(ask,), **facts
        )

    def test_that_is_not_there_yet_is_waited_for(self) -> None:
        waiting = e.RunWaiting(at=NOW, waiting_for=Waiting.APPROVAL, why="A call needs a person.")
        assert recorded(self.of(None)) == waiting

    @pytest.mark.parametrize("word", [AnswerAct.APPROVE, AnswerAct.EDIT])
    def test_that_lets_it_through_makes_it_with_the_arguments_let_through(
        self, word: AnswerAct
    ) -> None:
        event = recorded(self.of(word))
        assert isinstance(event, e.CallIntended)
        assert (event.args, event.rule) == ({"n": 7}, "approved by olga")
        assert isinstance(recorded(self.of(word), rules(refused={"pay": ASK})), e.CallIntended)

    def test_does_not_go_over_a_rule_that_denies_or_ends(self) -> None:
        assert isinstance(
            recorded(self.of(AnswerAct.APPROVE), rules(refused={"pay": DENY})), e.CallRefused
        )
        assert isinstance(
            recorded(self.of(AnswerAct.APPROVE), rules(refused={"pay": STOP})), e.RunStopped
        )
        gone = Rules({})
        assert isinstance(recorded(self.of(AnswerAct.APPROVE), gone), e.CallRefused)

    def test_does_not_begin_what_could_only_be_stopped_after_it(self) -> None:
        spent = self.of(AnswerAct.APPROVE, limits=RunLimits(steps=1))
        assert recorded(spent).reason is StopReason.BUDGET_EXCEEDED

    @pytest.mark.parametrize(
        ("word", "note", "sentence", "answer"),
        [
            (AnswerAct.DENY, "", "A person said no.", ""),
            (AnswerAct.DENY, "Too much.", "A person said no. Too much.", ""),
            (AnswerAct.RESPOND, "Ask anna.", "olga answered instead.", "Ask anna."),
            (AnswerAct.EXPIRE, "", "Nobody approved it in time.", ""),
        ],
    )
    def test_that_is_no_goes_back_to_the_planner(
        self, word: AnswerAct, note: str, sentence: str, answer: str
    ) -> None:
        event = recorded(self.of(word, note))
        assert isinstance(event, e.CallRefused)
        assert (event.rule, event.sentence, event.answer) == ("approval", sentence, answer)

    @pytest.mark.parametrize(
        ("word", "note", "reason", "detail"),
        [
            (AnswerAct.STOP, "", StopReason.APPROVAL_DENIED, "olga said no."),
            (AnswerAct.STOP, "Enough.", StopReason.APPROVAL_DENIED, "olga said no. Enough."),
            (
                AnswerAct.EXPIRE_AND_STOP, "", StopReason.APPROVAL_EXPIRED,
                "Nobody decided on pay in time.",
            ),
        ],
    )  # fmt: skip
    def test_may_end_the_run(
        self, word: AnswerAct, note: str, reason: StopReason, detail: str
    ) -> None:
        assert recorded(self.of(word, note)) == e.RunStopped(
            at=NOW, reason=reason, rule="approval", detail=detail
        )

    @pytest.mark.parametrize(
        ("known", "outdated"),
        [
            ({}, False),
            ({"1.1": Prepared(ToolCall("r1", "pay", {"n": 7}), ALLOWED, ALLOWED)}, False),
            ({"1.1": Prepared(ToolCall("r1", "pay", {"n": 1}), ALLOWED, ALLOWED)}, True),
            ({"1.1": Prepared(ToolCall("r1", "pay", {"n": 7}), ASK)}, True),
            ({"1.1": Prepared(ToolCall("r1", "pay", {"n": 7}), DENY)}, False),
            ({"1.2": Prepared(ToolCall("r1", "pay", {"n": 1}), ALLOWED)}, False),
        ],
    )
    def test_that_came_since_the_facts_were_gathered_has_them_gathered_anew(
        self, known: PreparedCalls, outdated: bool
    ) -> None:
        state = self.of(AnswerAct.EDIT)
        assert call_decisions.outdated(state, known) is outdated
        found = list(call_decisions.next_calls(state, rules(), NOW, known))
        assert (found == []) is outdated

    @pytest.mark.parametrize("word", [None, AnswerAct.DENY, AnswerAct.RESPOND])
    def test_that_lets_nothing_through_leaves_the_facts_as_they_are(
        self, word: AnswerAct | None
    ) -> None:
        known = {"1.1": Prepared(ToolCall("r1", "pay", {"n": 9}), ALLOWED)}
        assert not call_decisions.outdated(self.of(word), known)
        assert not call_decisions.outdated(replace(self.of(word), asks=()), known)
