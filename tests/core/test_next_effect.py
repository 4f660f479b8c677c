"""What a worker does next with a run as it stands: one row for each branch, in the order of what
must not wait.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine import actions, call_decisions, killing, machine
from runs.engine import events as e
from runs.engine.history import History
from runs.engine.limits import runway
from runs.engine.ports import ContextMessage, Inquiry, Prepared, PreparedCalls, Speaker, ToolCall
from runs.engine.state import CallAsk, Doubt, Flight, RunLimits, RunState, Undoable
from runs.engine.vocabulary import (
    AnswerAct,
    Control,
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Visibility,
    Waiting,
)
from tests.core.runs_in_memory import START, Rules, leased, running, spec

NOW = START + timedelta(seconds=5)
LATE = START + timedelta(hours=2)
PAUSE = Decision(DecisionKind.PAUSE, "halt", 2, "Halted.", reason=StopReason.USER_PAUSED)
STOP = Decision(DecisionKind.STOP, "watch", 2, "Enough.", reason=StopReason.LOOP_DETECTED)
IN_DOUBT = "Killed during pay; nobody can say whether that call happened."
DENY = Decision(DecisionKind.DENY, "gate", 3, "It is not allowed.")
ASK = Decision(DecisionKind.ASK, "gate", 3, "A person decides.", {"why": 1})


def flight(**facts: Any) -> Flight:
    given: dict[str, Any] = {
        "call": "1.1", "ref": "r", "tool": "pay", "args": {}, "key": "1.1", "step": 1,
        "idempotent": False, "lookup": False, "undo": False, "timeout": 30.0, **facts,
    }  # fmt: skip
    return Flight(**given)


def rules(**facts: Any) -> Rules:
    tools = {
        "pay": spec("pay"),
        "read": spec("read", effect=Effect.READ, idempotent=True),
    }
    return Rules(tools, **facts)


def following(state: RunState, asked: Rules | None = None, now: datetime = NOW) -> Any:
    return machine.next_effect(state, asked or rules(), now)


def recorded(state: RunState, asked: Rules | None = None, now: datetime = NOW) -> Any:
    effect = following(state, asked, now)
    assert isinstance(effect, actions.Record)
    [event] = effect.events
    return event


class TestWhatCannotWait:
    @pytest.mark.parametrize(
        "status", [status for status in RunStatus if status is not RunStatus.RUNNING]
    )
    def test_is_to_let_go_of_a_run_that_is_not_in_hand(self, status: RunStatus) -> None:
        state = replace(running(), status=status, control=Control.KILL, lost=99)
        if status is RunStatus.COMPENSATING:
            assert isinstance(following(state), actions.Record)
        else:
            assert following(state) == actions.Release()

    def test_is_a_kill_before_a_crash_loop_and_before_any_rule(self) -> None:
        def shout(state: RunState) -> Decision:
            raise AssertionError("no rule is asked")

        state = replace(running(), control=Control.KILL, lost=99)
        assert isinstance(recorded(state, rules(watching=shout)), e.KillAcknowledged)

    @pytest.mark.parametrize(("lost", "stopped"), [(3, False), (4, True), (9, True)])
    def test_is_to_end_a_run_whose_workers_die(self, lost: int, stopped: bool) -> None:
        effect = following(replace(running(), lost=lost))
        assert isinstance(effect, actions.Record if stopped else actions.Plan)

    def test_is_said_with_what_its_workers_died_of(self) -> None:
        state = replace(running(), lost=4)
        assert recorded(state) == e.RunStopped(
            at=NOW,
            reason=StopReason.CRASH_LOOP,
            detail="4 workers were lost in a row without a step forward.",
        )
        calling = replace(state, lost_by="exit code 9.", flights=(flight(),))
        assert recorded(calling).detail == (
            "4 workers were lost in a row without a step forward, in a call of pay."
            " The last one: exit code 9."
        )


class TestTaking:
    def test_records_the_lease_and_a_waiting_kill_at_once(self) -> None:
        taken = leased(2, NOW)
        queued = replace(running(), status=RunStatus.QUEUED)
        assert machine.taken(queued, taken) == (taken,)
        killed = machine.taken(replace(queued, control=Control.KILL), taken)
        assert [each.kind for each in killed] == ["run.leased", "run.kill_acknowledged"]
        undoing = replace(queued, status=RunStatus.COMPENSATING, control=Control.KILL)
        assert machine.taken(undoing, taken) == (taken,)

    @pytest.mark.parametrize(
        "state",
        [
            replace(running(), status=RunStatus.COMPLETED),
            replace(running(), status=RunStatus.STOPPED),
            replace(running(), status=RunStatus.PAUSED),
            replace(running(), status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL),
            replace(running(), status=RunStatus.WAITING, waiting_for=Waiting.IN_DOUBT),
        ],
    )
    def test_is_nothing_where_a_person_has_the_word(self, state: RunState) -> None:
        assert machine.taken(state, leased(2, NOW)) == ()

    @pytest.mark.parametrize("waiting", [Waiting.BACKOFF, None])
    def test_is_possible_where_only_the_clock_is_waited_for(self, waiting: Waiting | None) -> None:
        state = replace(running(), status=RunStatus.WAITING, waiting_for=waiting)
        assert machine.taken(state, leased(2, NOW)) != ()
        killed = replace(state, waiting_for=Waiting.APPROVAL, control=Control.KILL)
        assert len(machine.taken(killed, leased(2, NOW))) == 2


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


class TestAnotherTurn:
    @pytest.mark.parametrize(
        ("facts", "reason", "detail"),
        [
            ({"plan_failures": 1, "plan_fatal": True}, StopReason.PLANNER_FAILURE, "x"),
            (
                {"plan_failures": 5, "unusable": 5},
                StopReason.PLANNER_FAILURE,
                "5 attempts, the last one: x",
            ),
            (
                {"plan_failures": 5, "unusable": 5, "plan_overflow": True},
                StopReason.CONTEXT_EXHAUSTED,
                "5 attempts, the last one: x",
            ),
        ],
    )
    def test_is_not_asked_for_where_asking_again_cannot_help(
        self, facts: dict[str, Any], reason: StopReason, detail: str
    ) -> None:
        state = replace(running(), last_failure="x", **facts)
        assert recorded(state, now=LATE) == e.RunStopped(at=LATE, reason=reason, detail=detail)

    def test_is_asked_for_again_while_there_are_attempts(self) -> None:
        assert isinstance(following(replace(running(), plan_failures=4)), actions.Plan)
        away = replace(running(), plan_failures=50, unusable=4)
        assert isinstance(following(away), actions.Plan), "a provider that is away is waited for"
        assert isinstance(following(replace(running(), plan_fatal=True)), actions.Plan)

    def test_is_not_asked_for_out_of_time_nor_before_it_is_due(self) -> None:
        off = replace(running(), retry_at=NOW + timedelta(minutes=1), last_failure="503")
        assert recorded(off).why == "Planner: 503"
        assert recorded(replace(off, limits=RunLimits(seconds=1))).reason is StopReason.TIMEOUT
        assert isinstance(following(replace(off, retry_at=NOW)), actions.Plan)

    def test_comes_after_what_the_watch_has_to_say_once_a_step(self) -> None:
        hint = Decision(DecisionKind.ALLOW, "loop-exact", 0, "You repeat yourself.", {"score": 1})
        watching = rules(watching=lambda state: hint)
        state = replace(running(), step=2, watched=1)
        assert recorded(state, watching) == e.HintGiven(
            at=NOW, step=2, text="You repeat yourself.", rule="loop-exact", facts={"score": 1}
        )
        assert isinstance(following(replace(state, watched=2), watching), actions.Plan)
        silent = rules(watching=lambda state: ALLOWED)
        assert isinstance(following(state, silent), actions.Plan)

    @pytest.mark.parametrize(
        ("decision", "reason"),
        [
            (PAUSE, StopReason.USER_PAUSED),
            (STOP, StopReason.LOOP_DETECTED),
            (DENY, StopReason.POLICY_DENIED),
            (ASK, StopReason.POLICY_DENIED),
        ],
    )
    def test_is_not_asked_for_when_the_watch_ends_the_run(
        self, decision: Decision, reason: StopReason
    ) -> None:
        state = replace(running(), step=2, watched=1)
        event = recorded(state, rules(watching=lambda state: decision))
        assert event.reason is reason
        assert isinstance(event, e.RunPaused) is (decision is PAUSE)

    def test_is_not_asked_for_when_a_limit_forbids_it(self) -> None:
        spent = replace(running(), usd=Decimal(11))
        assert recorded(spent).reason is StopReason.BUDGET_EXCEEDED

    def test_may_be_saved_by_a_judge(self) -> None:
        inquiry = Inquiry("judge", 1, 5, {}, "task", "question", 100, 30.0)
        asked = rules(judging=lambda state: inquiry)
        assert following(running(), asked) == actions.Judge(inquiry)
        spent = replace(running(), usd=Decimal(11))
        assert isinstance(recorded(spent, asked), e.RunStopped)

    @pytest.mark.parametrize(
        ("facts", "more"),
        [
            ({}, ""),
            ({"last_failure": "too long"}, ""),
            ({"plan_overflow": True}, ""),
            ({"plan_overflow": True, "last_failure": "too long"}, " too long"),
        ],
    )
    def test_that_does_not_fit_the_window_ends_in_the_providers_words(
        self, facts: dict[str, Any], more: str
    ) -> None:
        state = replace(running(), window=200, context=10_000, **facts)
        event = recorded(state)
        assert event.reason is StopReason.CONTEXT_EXHAUSTED
        assert event.detail.endswith(f"tokens are only estimated.{more}")

    def full(self, tool: str) -> RunState:
        messages: Sequence[ContextMessage] = [
            message
            for number in range(4)
            for message in (
                ContextMessage(Speaker.ASSISTANT, "", (ToolCall(f"c{number}", tool, "x" * 300),)),
                ContextMessage(Speaker.TOOL, "y" * 600, call_id=f"c{number}", tool=tool),
            )
        ]
        return replace(running(), window=1_400, context=1_200, history=History(messages))

    def test_comes_after_a_history_too_long_was_summed_up(self) -> None:
        event = recorded(self.full("pay"))
        assert isinstance(event, e.ContextCompacted)
        assert (event.messages, event.steps) == (6, 3)
        assert event.visibility is Visibility.USER_HIDDEN

    def test_is_summed_up_for_those_alone_who_may_read_all_of_it(self) -> None:
        hidden = Rules({"pay": spec("pay", visibility=Visibility.ALWAYS_HIDDEN)})
        assert recorded(self.full("pay"), hidden).visibility is Visibility.ALWAYS_HIDDEN


class TestUndoing:
    entry = Undoable("1.1", "pay", {}, None, 1)

    def of(self, **facts: Any) -> RunState:
        given = {"undoable": (self.entry,), "to_undo": 2, "undone": 1, **facts}
        return replace(running(), status=RunStatus.COMPENSATING, **given)

    def test_waits_for_a_person_before_anything_else(self) -> None:
        assert following(self.of(waiting_for=Waiting.IN_DOUBT, lost=99)) == actions.Release()

    @pytest.mark.parametrize(("lost", "stopped"), [(7, False), (8, True)])
    def test_is_left_to_a_person_when_it_ends_its_workers(self, lost: int, stopped: bool) -> None:
        event = recorded(self.of(lost=lost))
        assert isinstance(event, e.RunStopped) is stopped
        if stopped:
            assert (event.reason, event.detail) == (
                StopReason.COMPENSATION_FAILED,
                "8 workers were lost in a row while it was undone: 1 of 2 undone; a person must.",
            )

    @pytest.mark.parametrize("doubt", [Doubt.NONE, Doubt.CLEARED])
    def test_says_first_that_a_call_cut_off_did_not_happen(self, doubt: Doubt) -> None:
        event = recorded(self.of(flights=(flight(doubt=doubt),)))
        assert isinstance(event, e.CallReturned)
        assert (event.outcome, event.verdict, event.rule) == (
            Outcome.CANCELLED,
            Verdict.FAILED,
            "kill",
        )
        assert event.error == "It was cut off and did not happen."

    def test_looks_a_call_up_unless_that_ends_its_workers(self) -> None:
        lost = flight(doubt=Doubt.LOST, lookup=True)
        assert following(self.of(flights=(lost,), lost=2)) == actions.Resolve(lost)
        for state in (
            self.of(flights=(lost,), lost=3),
            self.of(flights=(replace(lost, lookup=False),)),
            self.of(flights=(replace(lost, doubt=Doubt.UNKNOWN),)),
        ):
            assert isinstance(recorded(state), e.UndoIntended)

    @pytest.mark.parametrize(
        ("doubt", "attempt", "idempotent", "lookup", "effect"),
        [
            (None, 0, False, False, e.UndoIntended),
            (None, 2, False, False, e.UndoIntended),
            (None, 3, False, False, e.UndoReturned),
            (Doubt.LOST, 1, True, False, e.UndoIntended),
            (Doubt.LOST, 3, True, False, e.UndoReturned),
            (Doubt.CLEARED, 2, False, False, e.UndoIntended),
            (Doubt.NONE, 2, False, False, actions.Undo),
            (Doubt.LOST, 1, False, True, actions.ResolveUndo),
            (Doubt.LOST, 1, False, False, e.RunWaiting),
            (Doubt.UNKNOWN, 1, False, True, e.RunWaiting),
            (Doubt.UNKNOWN, 1, True, True, e.RunWaiting),
        ],
    )
    def test_of_a_call_goes_by_what_is_known_of_it(
        self, doubt: Doubt | None, attempt: int, idempotent: bool, lookup: bool, effect: type
    ) -> None:
        entry = replace(self.entry, idempotent=idempotent, lookup=lookup)
        found = following(self.of(undoable=(entry,), undoing=doubt, undo_attempt=attempt))
        done = found.events[0] if isinstance(found, actions.Record) else found
        assert type(done) is effect
        if isinstance(done, e.UndoIntended):
            assert done.attempt == (attempt if doubt is Doubt.CLEARED else attempt + 1)

    def test_begins_with_the_newest(self) -> None:
        newest = replace(self.entry, call="2.1")
        assert recorded(self.of(undoable=(self.entry, newest))).call == "2.1"

    def test_that_ended_its_workers_each_time_is_given_up(self) -> None:
        event = recorded(self.of(undo_attempt=3))
        assert (event.actor, event.attempt, event.verdict) == ("supervisor", 3, Verdict.FAILED)
        assert event.error == (
            "Each time it was undone its worker was lost or no answer came; it is not tried again."
        )

    @pytest.mark.parametrize(
        ("facts", "reason", "detail"),
        [
            ({}, StopReason.USER_KILLED, "1 of 2 undone."),
            ({"to_undo": 0}, StopReason.USER_KILLED, ""),
            (
                {"undo_failed": ("pay (1.1)", "mail (1.2)")},
                StopReason.COMPENSATION_FAILED,
                "Could not undo pay (1.1), mail (1.2); a person must.",
            ),
            (
                {"flights": (flight(doubt=Doubt.UNKNOWN),), "undo_failed": ("mail (1.2)",)},
                StopReason.KILLED_IN_DOUBT,
                f"{IN_DOUBT} Could not undo mail (1.2); a person must. 1 of 2 undone.",
            ),
        ],
        ids=["undone", "nothing to undo", "failed", "in doubt"],
    )
    def test_ends_by_saying_how_all_of_it_went(
        self, facts: dict[str, Any], reason: StopReason, detail: str
    ) -> None:
        assert recorded(self.of(undoable=(), **facts)) == e.RunStopped(
            at=NOW, reason=reason, detail=detail
        )


class TestAKill:
    @pytest.mark.parametrize(
        ("facts", "begun", "error"),
        [
            ({"effect": Effect.READ}, True, "It was cut off by the kill; it would only have read."),
            (
                {"doubt": Doubt.CLEARED},
                False,
                "It is not tried again: the run was killed.",
            ),
            (
                {"doubt": Doubt.CLEARED, "retry_at": NOW},
                True,
                "503 It is not tried again: the run was killed.",
            ),
            ({}, False, "It was not made: the run was killed before."),
            ({}, True, None),
            ({"doubt": Doubt.LOST}, False, None),
            ({"doubt": Doubt.UNKNOWN}, False, None),
        ],
    )
    def test_closes_each_call_that_is_known_not_to_have_happened(
        self, facts: dict[str, Any], begun: bool, error: str | None
    ) -> None:
        entry = Undoable("1.0", "pay", {}, None, 1)
        state = replace(
            running(), last_failure="503", flights=(flight(**facts),), undoable=(entry,)
        )
        *closed, acknowledged = killing.acknowledged(state, NOW, begun=begun)
        assert acknowledged == e.KillAcknowledged(at=NOW, to_undo=1)
        assert [each.error for each in closed if isinstance(each, e.CallReturned)] == (
            [] if error is None else [error]
        )


STATES = st.builds(
    replace,
    st.just(running()),
    control=st.sampled_from(list(Control)),
    lost=st.integers(0, 9),
    step=st.integers(0, 60),
    plan_failures=st.integers(0, 6),
    plan_fatal=st.booleans(),
    retry_at=st.none() | st.just(NOW + timedelta(seconds=1)) | st.just(NOW + timedelta(hours=9)),
    proposed=st.none() | st.just("42"),
    queue=st.lists(
        st.sampled_from([ToolCall("r", "pay", {}), ToolCall("r", "read", {})]), max_size=3
    ).map(tuple),
    flights=st.lists(
        st.builds(
            flight,
            doubt=st.sampled_from(list(Doubt)),
            idempotent=st.booleans(),
            lookup=st.booleans(),
        ),
        max_size=1,
    ).map(tuple),
)


@given(STATES, st.sampled_from([ALLOWED, ASK, DENY, PAUSE, STOP]))
def test_there_is_always_one_thing_to_do_and_a_kill_is_never_held_up(
    state: RunState, decision: Decision
) -> None:
    asked = rules(
        refused={"pay": decision},
        repeating=lambda each: decision,
        acceptance=lambda final: decision,
    )
    effect = following(state, asked)
    if isinstance(effect, actions.Record):
        assert effect.events
    if state.control is Control.KILL:
        assert isinstance(effect, actions.Record)
        assert isinstance(effect.events[-1], e.KillAcknowledged)
