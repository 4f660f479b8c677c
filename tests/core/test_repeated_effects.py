"""A call whose effect was had already: the planner is given the recorded result, a person is asked,
and nothing is ever done twice in silence.
"""

from dataclasses import replace
from typing import Any

import pytest

from policies.decision import ALLOWED, Decision
from policies.gate.effect_keys import EarlierEffect, ProposedEffect
from runs.engine import call_decisions, codec, effects_had
from runs.engine import events as e
from runs.engine.fold import fold, folded
from runs.engine.kept_calls import CallAsk, KeyedCall, SessionApproval
from runs.engine.ports import Happened, Prepared, PreparedCalls, Speaker, ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Effect, Outcome, RunStatus, Verdict, Waiting
from tests.core.deciding import ASK, NOW
from tests.core.folding import BUSY, changes
from tests.core.runs_in_memory import Rules, running, spec

REFUND = spec("refund", effect_key=("order", "amount"))
KEY = ProposedEffect("k1", ("order", "amount"))
FIRST = {"order": 7, "amount": 12.5, "note": "postage"}
AGAIN = {"amount": "12.50", "order": "7", "note": "the postage once more"}
ELSEWHERE = EarlierEffect("2.1", 2, done=True, run="other-run")


def keyed(**facts: Any) -> KeyedCall:
    return KeyedCall("k1", "1.1", "refund", 1, FIRST, **{"done": True, "result": 9, **facts})


def proposing(*effects: KeyedCall, args: Any = AGAIN, **facts: Any) -> RunState:
    call = ToolCall("r4", "refund", args)
    return replace(running(), step=4, queue=(call,), effects=effects, **facts)


def known(
    state: RunState, decision: Decision = ALLOWED, effect: ProposedEffect | None = KEY
) -> PreparedCalls:
    call = call_decisions.proposed(state)["4.1"]
    return {"4.1": Prepared(call, decision, ALLOWED, effect)}


def next_event(state: RunState, decision: Decision = ALLOWED, **facts: Any) -> Any:
    refused = {"refund": decision}
    facts_known = known(state, decision, **facts)
    course = call_decisions.next_calls(state, Rules({"refund": REFUND}, refused), NOW, facts_known)
    return next(iter(course))


def returned(**facts: Any) -> e.CallReturned:
    given: dict[str, Any] = {
        "at": NOW, "step": 3, "tool": "pay", "call": "3.2", "outcome": Outcome.OK,
        "verdict": Verdict.SUCCEEDED, **facts,
    }  # fmt: skip
    return e.CallReturned(**given)


IN_FLIGHT = replace(
    BUSY, effects=(KeyedCall("k0", "2.1", "mail", 2, {}), KeyedCall("k1", "3.2", "pay", 3, {}))
)


class TestTheNextCall:
    def test_with_a_key_of_its_own_is_intended_under_it(self) -> None:
        event = next_event(proposing())
        assert isinstance(event, e.CallIntended)
        assert (event.effect_key, event.effect_until, event.repeats) == ("k1", None, "")

    def test_that_was_done_already_is_answered_with_what_it_gave(self) -> None:
        state = proposing(keyed(result={"refund": 9}))
        events = [next_event(state, decision) for decision in (ALLOWED, ASK)]
        for event in events:
            assert isinstance(event, e.CallRefused)
            assert (event.rule, event.repeats) == ("effect-key", "1.1")
        told = fold(state, events[0]).history[-1]
        assert (told.role, told.call_id) == (Speaker.TOOL, "r4")
        assert told.text == (
            "This was done already at step 1; nothing was done again. Its result was:\n"
            '{"refund": 9}'
        )

    def test_that_may_have_been_done_already_is_asked(self) -> None:
        event = next_event(proposing(keyed(done=False)))
        assert isinstance(event, e.CallAsked)
        assert event.facts["repeats"]["call"] == "1.1"
        assert fold(proposing(), event).asks[-1].repeats == "1.1"

    def test_that_another_run_has_done_is_asked(self) -> None:
        event = next_event(proposing(), effect=replace(KEY, elsewhere=ELSEWHERE))
        assert isinstance(event, e.CallAsked)
        assert "at step 2 of run other-ru" in event.sentence
        assert fold(proposing(), event).asks[-1].repeats == "other-run/2.1"

    def test_with_another_value_beside_the_key_is_asked(self) -> None:
        event = next_event(proposing(keyed(), args={**AGAIN, "account": "DE89 3704"}))
        assert isinstance(event, e.CallAsked)
        assert "with another account" in event.sentence

    def test_is_never_let_through_by_a_session_approval(self) -> None:
        grant = SessionApproval("g", "refund", AGAIN, (), 9, "olga")
        state = proposing(keyed(done=False), grants=(grant,))
        assert isinstance(next_event(state, ASK), e.CallAsked)
        course = call_decisions.next_calls(
            state, Rules({"refund": REFUND}, {"refund": ASK}), NOW, known(state, ASK)
        )
        assert [each.kind for each in course] == ["call.asked", "run.waiting"]

    def test_that_only_reads_has_no_key(self) -> None:
        look = spec("refund", effect=Effect.READ, effect_key=("order",))
        assert effects_had.proposed(look, ToolCall("r", "refund", FIRST)) is None
        assert effects_had.proposed(spec("refund"), ToolCall("r", "refund", FIRST)) is None
        assert effects_had.proposed(REFUND, ToolCall("r", "refund", "[1")) is None
        one, other = (
            effects_had.proposed(REFUND, ToolCall("r", "refund", a)) for a in (FIRST, AGAIN)
        )
        assert one is not None
        assert one == other


def test_of_two_calls_of_one_turn_with_one_effect_the_second_hears_of_the_first() -> None:
    state = replace(proposing(), queue=(*proposing().queue, ToolCall("r5", "refund", FIRST)))
    calls = call_decisions.proposed(state)
    facts = {name: Prepared(call, ALLOWED, ALLOWED, KEY) for name, call in calls.items()}
    rules = Rules({"refund": REFUND})
    [first] = call_decisions.next_calls(state, rules, NOW, facts)
    assert isinstance(first, e.CallIntended)
    back = returned(step=4, tool="refund", call="4.1", result=9)
    after = folded([first, back], state)
    [second] = call_decisions.next_calls(after, rules, NOW, facts)
    assert isinstance(second, e.CallRefused)
    assert (second.call, second.repeats) == ("4.2", "4.1")
    assert fold(after, second).history[-1].text.endswith("Its result was:\n9")


class TestAPersonWhoLetItThrough:
    def of(self, *effects: KeyedCall, told: str = "") -> RunState:
        ask = CallAsk("4.1", AGAIN, AnswerAct.APPROVE, "olga", repeats=told)
        return proposing(*effects, asks=(ask,))

    def test_knowing_of_the_earlier_one_has_it_made(self) -> None:
        event = next_event(self.of(keyed(done=False), told="1.1"), ASK)
        assert isinstance(event, e.CallIntended)
        assert (event.repeats, event.rule) == ("1.1", "approved by olga")

    def test_without_knowing_of_it_has_nothing_made(self) -> None:
        event = next_event(self.of(keyed(done=False)), ASK)
        assert isinstance(event, e.CallRefused)
        assert "was not told" in event.sentence
        done = next_event(self.of(keyed()), ASK)
        assert (type(done), done.repeats) == (e.CallRefused, "1.1")
        elsewhere = next_event(self.of(), ASK, effect=replace(KEY, elsewhere=ELSEWHERE))
        assert isinstance(elsewhere, e.CallRefused)


class TestAKey:
    def test_is_taken_by_the_intent(self) -> None:
        [call] = fold(running(), intent("k1")).effects
        assert (call.key, call.call, call.done, call.args) == ("k1", "1.1", False, FIRST)
        assert fold(running(), intent("")).effects == ()

    def test_is_kept_with_the_result_of_a_success(self) -> None:
        after = fold(IN_FLIGHT, returned(result={"id": 5}))
        assert after.effects[-1] == KeyedCall(
            "k1", "3.2", "pay", 3, {}, done=True, result={"id": 5}
        )

    def test_is_free_after_a_failure_that_was_answered(self) -> None:
        failed = returned(outcome=Outcome.ERROR, verdict=Verdict.FAILED, error="no money")
        assert [each.key for each in fold(IN_FLIGHT, failed).effects] == ["k0"]

    @pytest.mark.parametrize(
        "facts", [{"verdict": Verdict.UNKNOWN}, {"verdict": Verdict.FAILED, "silent": True}]
    )
    def test_is_taken_while_nobody_knows_whether_it_happened(self, facts: Any) -> None:
        after = fold(IN_FLIGHT, returned(outcome=Outcome.TIMEOUT, **facts))
        assert [(each.key, each.done) for each in after.effects] == [("k0", False), ("k1", False)]

    def test_is_taken_when_an_attempt_before_the_last_was_never_answered(self) -> None:
        failed = {"outcome": Outcome.ERROR, "verdict": Verdict.FAILED}
        once = fold(IN_FLIGHT, returned(**failed, silent=True, retry_at=NOW))
        again = e.CallRetried(at=NOW, step=3, tool="pay", call="3.2", attempt=2)
        assert fold(fold(once, again), returned(**failed)).effect_of("3.2") is not None

    def test_is_free_once_the_tool_or_a_person_says_that_it_did_not_happen(self) -> None:
        failed = {"outcome": Outcome.ERROR, "verdict": Verdict.FAILED}
        silent = replace(IN_FLIGHT, effects=(replace(IN_FLIGHT.effects[1], silent=True),))
        no: dict[str, Any] = {"at": NOW, "step": 3, "tool": "pay", "call": "3.2"}
        looked_up = fold(silent, e.CallLookedUp(happened=Happened.NO, **no))
        assert fold(looked_up, returned(**failed)).effects == ()
        said = e.CallSettled(happened=Happened.NO, actor="user:olga", **no)
        waiting = replace(silent, status=RunStatus.WAITING, waiting_for=Waiting.IN_DOUBT)
        assert not fold(waiting, said).effects[0].silent
        yes = replace(said, happened=Happened.YES)
        assert fold(waiting, yes).effects[0].silent

    def test_is_free_after_an_undo(self) -> None:
        done = replace(BUSY, status=RunStatus.COMPENSATING, effects=(keyed(),), flights=())
        undone: dict[str, Any] = {"at": NOW, "step": 1, "tool": "book", "call": "1.1"}
        back = e.UndoReturned(outcome=Outcome.OK, verdict=Verdict.SUCCEEDED, **undone)
        assert fold(done, back).effects == ()
        failed = e.UndoReturned(outcome=Outcome.ERROR, verdict=Verdict.FAILED, **undone)
        assert "effects" not in changes(failed, done)

    def test_is_none_where_the_tool_names_none(self) -> None:
        assert "effects" not in changes(returned())


def intent(key: str) -> e.CallIntended:
    return e.CallIntended(
        at=NOW, step=1, tool="refund", call="1.1", ref="r", args=FIRST, key="1.1",
        effect=Effect.IRREVERSIBLE, effect_key=key,
    )  # fmt: skip


def test_what_the_journal_keeps_of_an_effect_is_read_back() -> None:
    event = replace(intent("k1"), effect_until=NOW, repeats="other/1.1")
    assert codec.decode(event.kind, *codec.encode(event)) == event


def test_a_planner_is_told_no_more_than_the_sentence_when_the_result_is_gone() -> None:
    event = e.CallRefused(
        at=NOW, step=4, tool="refund", call="4.1", ref="r4", args=AGAIN, rule="effect-key",
        sentence="Done.", repeats="1.1",
    )  # fmt: skip
    assert fold(proposing(), event).history[-1].text == "Refused: Done."
    assert folded([]) == RunState()
