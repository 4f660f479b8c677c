"""A call of which nobody knows whether it happened is settled by its own contract before anything
builds on it, whatever left it so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import actions, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import ToolError, without_answer
from runs.engine.fold import folded
from runs.engine.kept_calls import Flight
from runs.engine.ports import Happened, Lookup, Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, Effect, Outcome, RunStatus, StopReason, Verdict, Waiting
from runs.toolserver import serving
from tests.core.runs_in_memory import Lost, World, answering, calling, spec, world

TIMEOUT = Returned(Outcome.TIMEOUT, error="No answer within 5 s.", duration=5.0)
CUT = Returned(Outcome.ERROR, error="MCP server files was lost during the call.", answered=False)
SAID_NO = Returned(Outcome.ERROR, error="no such order")
GARBLED = Returned(Outcome.OK, {"status": "?"})
SILENCES = [pytest.param(TIMEOUT, id="timeout"), pytest.param(CUT, id="cut connection")]
CONTRACTS = {
    "read": spec("read", effect=Effect.READ),
    "idem": spec("idem", effect=Effect.IRREVERSIBLE, idempotent=True),
    "pay": spec("pay", effect=Effect.IRREVERSIBLE),
    "paylook": spec("paylook", effect=Effect.IRREVERSIBLE, has_lookup=True),
    "book": spec("book", effect=Effect.REVERSIBLE, has_undo=True),
    "booklook": spec("booklook", effect=Effect.REVERSIBLE, has_undo=True, has_lookup=True),
}
DOUBTFUL = ("pay", "paylook", "book", "booklook")
ASKED = ("paylook", "booklook")


@dataclass
class Silent(World):
    """A world whose first calls give `answers`; a look-up says what `found` says, in turn."""

    answers: list[Returned] = field(default_factory=list)
    found: list[Happened] = field(default_factory=list)
    made: int = 0

    def after(self, state: RunState, effect: actions.Perform) -> list[e.RunEvent]:
        self.made += 1
        back = self.answers.pop(0) if self.answers else self.performed(effect)
        verdict = {Outcome.OK: Verdict.SUCCEEDED, Outcome.ERROR: Verdict.FAILED}.get(
            back.outcome, Verdict.UNKNOWN
        )
        verdict = Verdict.FAILED if back is FAILED_BODY else verdict
        return list(outcomes.after_call(state, back, Meaning(verdict), self.rules, self.now))

    def looked_up(self, effect: actions.Resolve) -> Lookup:
        self.moment("looking up")
        return Lookup(self.found.pop(0), {"call": effect.flight.call})


def silent(
    tool: str, *answers: Returned, found: Sequence[Happened] = (), **facts: object
) -> Silent:
    plain = world([calling(tool), answering()], *CONTRACTS.values())
    return Silent(
        plain.turns,
        plain.rules,
        journal=plain.journal,
        answers=list(answers),
        found=list(found),
        **facts,  # type: ignore[arg-type]
    )


def told(play: World) -> str:
    """All that the planner was told of its calls."""
    return "\n".join(message.text for message in folded(play.journal).history)


def kinds(play: World) -> list[str]:
    return [event.kind for event in play.journal if event.kind.startswith("call.")]


@pytest.mark.parametrize("back", SILENCES)
@pytest.mark.parametrize("tool", DOUBTFUL)
def test_what_may_have_acted_and_did_not_answer_is_no_result_for_the_planner(
    tool: str, back: Returned
) -> None:
    play = silent(tool, back, found=[Happened.UNKNOWN])
    end = play.live()
    assert (end.status, end.waiting_for) == (RunStatus.WAITING, Waiting.IN_DOUBT)
    assert "call.returned" not in kinds(play)
    assert back.error not in told(play)
    assert play.asked == [0], "the planner is not asked on before it is known"
    assert end.stop_detail == f"{back.error} Did {tool} happen?"


@pytest.mark.parametrize("back", SILENCES)
@pytest.mark.parametrize("tool", ["read", "idem"])
def test_what_can_do_no_harm_twice_goes_on_as_the_retry_policy_says(
    tool: str, back: Returned
) -> None:
    play = silent(tool, back)
    play.rules.retrying = once_more
    assert play.live().status is RunStatus.COMPLETED
    assert kinds(play) == ["call.intended", "call.returned", "call.retried", "call.returned"]


@pytest.mark.parametrize(("tool", "warned"), [("read", False), ("idem", True)])
def test_of_an_effect_that_never_answered_the_planner_hears_that_it_may_have_happened(
    tool: str, warned: bool
) -> None:
    play = silent(tool, TIMEOUT)
    assert play.live().status is RunStatus.COMPLETED
    assert (outcomes.MAY_HAVE_HAPPENED in told(play)) is warned


@pytest.mark.parametrize(("tool", "unknown"), [("read", False), ("idem", True)])
def test_a_no_to_a_later_attempt_says_nothing_of_one_that_was_never_answered(
    tool: str, unknown: bool
) -> None:
    play = silent(tool, TIMEOUT, SAID_NO)
    play.rules.retrying = once_more
    assert play.live().status is RunStatus.COMPLETED
    last = [event for event in play.journal if isinstance(event, e.CallReturned)][-1]
    assert (last.verdict, last.silent) == (Verdict.FAILED, unknown)
    assert (outcomes.MAY_HAVE_HAPPENED in told(play)) is unknown


def once_more(flight: Flight) -> Decision:
    return ALLOWED if flight.attempt == 1 else Decision(DecisionKind.DENY)


FAILED_BODY = Returned(Outcome.OK, {"status": "no"})


@pytest.mark.parametrize("later", [SAID_NO, FAILED_BODY])
@pytest.mark.parametrize(("tool", "stands"), [("read", ()), ("idem", ("1.1",))])
def test_what_failed_and_was_once_never_answered_is_among_what_may_stand(
    tool: str, stands: tuple[str, ...], later: Returned
) -> None:
    play = silent(tool, TIMEOUT, later)
    play.rules.retrying = once_more
    end = play.live()
    last = [event for event in play.journal if isinstance(event, e.CallReturned)][-1]
    assert (last.verdict, last.silent, end.lasting) == (Verdict.FAILED, bool(stands), stands)


def test_what_is_not_tried_again_after_a_silence_is_among_what_may_stand() -> None:
    play = silent("idem", TIMEOUT)
    play.rules.retrying = once_more
    play.rules.repeating = lambda flight: Decision(DecisionKind.DENY, sentence="Cut off.")
    end = play.live()
    last = [event for event in play.journal if isinstance(event, e.CallReturned)][-1]
    assert (last.verdict, last.silent, end.lasting) == (Verdict.FAILED, True, ("1.1",))
    assert f"Cut off. {outcomes.MAY_HAVE_HAPPENED}" in told(play)


def test_a_stop_that_undoes_everything_leaves_what_may_stand_to_a_person() -> None:
    play = silent("idem", TIMEOUT, SAID_NO)
    play.rules.retrying = once_more
    [created] = play.journal[:1]
    play.journal[0] = replace(created, compensation={"stop": "undo"})  # type: ignore[call-arg]
    play.rules.watching = lambda state: Decision(
        DecisionKind.STOP, reason=StopReason.LOOP_DETECTED, sentence="Enough."
    )
    end = play.live()
    assert (end.status, end.stop_reason) == (RunStatus.STOPPED, StopReason.LOOP_DETECTED)
    assert end.leftover


@pytest.mark.parametrize("back", [SAID_NO, GARBLED])
@pytest.mark.parametrize("tool", CONTRACTS)
def test_what_did_answer_is_a_result_whatever_it_means(tool: str, back: Returned) -> None:
    play = silent(tool, back)
    assert play.live().status is RunStatus.COMPLETED
    assert kinds(play) == ["call.intended", "call.returned"]


@pytest.mark.parametrize("back", SILENCES)
@pytest.mark.parametrize("tool", ASKED)
@pytest.mark.parametrize("found", [Happened.YES, Happened.NO])
def test_a_tool_that_can_be_asked_settles_it_by_itself(
    tool: str, back: Returned, found: Happened
) -> None:
    play = silent(tool, back, found=[found])
    assert play.live().status is RunStatus.COMPLETED
    assert kinds(play) == ["call.intended", "call.lost", "call.looked_up", "call.returned"]
    returned = next(event for event in play.journal if isinstance(event, e.CallReturned))
    assert (returned.verdict, play.made) == (
        (Verdict.SUCCEEDED, 1) if found is Happened.YES else (Verdict.FAILED, 1)
    )
    assert ("it did not happen" in told(play)) is (found is Happened.NO)
    assert bool(folded(play.journal).undoable) is (found is Happened.YES and tool == "booklook")


def settled(play: Silent, happened: Happened) -> None:
    state = folded(play.journal)
    assert state.flight is not None
    play.now += timedelta(minutes=5)
    word = e.CallSettled(
        at=play.now,
        actor="user:anna",
        step=1,
        tool=state.flight.tool,
        call=state.flight.call,
        happened=happened,
        note="I looked",
    )
    play.journal.extend(outcomes.after_settlement(state, word, {"paid": 12}))


@pytest.mark.parametrize("tool", DOUBTFUL)
@pytest.mark.parametrize(("word", "made", "status"), [
    (Happened.YES, 1, RunStatus.COMPLETED),
    (Happened.NO, 2, RunStatus.COMPLETED),
    (Happened.UNKNOWN, 1, RunStatus.STOPPED),
])  # fmt: skip
def test_a_persons_word_settles_what_nothing_else_can(
    tool: str, word: Happened, made: int, status: RunStatus
) -> None:
    play = silent(tool, TIMEOUT, found=[Happened.UNKNOWN])
    play.live()
    settled(play, word)
    end = play.live()
    assert (end.status, play.made) == (status, made)
    assert ('"paid":12' in told(play).replace(" ", "")) is (word is Happened.YES)
    if word is Happened.UNKNOWN:
        assert end.stop_reason is StopReason.IN_DOUBT


def test_what_is_made_again_on_a_persons_word_and_does_not_answer_again_is_in_doubt_again() -> None:
    play = silent("pay", TIMEOUT, TIMEOUT)
    play.live()
    settled(play, Happened.NO)
    end = play.live()
    assert (end.waiting_for, play.made) == (Waiting.IN_DOUBT, 2)


@pytest.mark.parametrize("tool", DOUBTFUL)
def test_a_worker_lost_after_the_silence_changes_nothing_of_the_doubt(tool: str) -> None:
    deaths = iter([True])
    lost = "looking up" if tool in ASKED else "before commit"
    play = silent(tool, TIMEOUT, found=[Happened.UNKNOWN])
    play.dies = lambda moment: moment == lost and "call.lost" in kinds(play) and next(deaths, False)
    end = play.live()
    assert (end.waiting_for, play.made) == (Waiting.IN_DOUBT, 1)
    assert end.stop_detail == f"{TIMEOUT.error} Did {tool} happen?"


@pytest.mark.parametrize(("found", "undone"), [(Happened.YES, 1), (Happened.NO, 0)])
def test_a_kill_that_comes_with_the_silence_has_it_looked_up_before_it_undoes(
    found: Happened, undone: int
) -> None:
    play = silent("booklook", TIMEOUT, found=[found])
    killing = play.after

    def killed(state: RunState, effect: actions.Perform) -> list[e.RunEvent]:
        play.journal.append(e.KillRequested(at=play.now, actor="user:anna"))
        return killing(folded(play.journal), effect)

    play.after = killed  # type: ignore[method-assign]
    play.commit = lambda state, events: committed(play, events)  # type: ignore[method-assign]
    end = play.live()
    assert (end.stop_reason, end.undone, len(play.undos)) == (
        StopReason.USER_KILLED,
        undone,
        undone,
    )
    assert end.control is Control.NONE


def committed(play: World, events: Sequence[e.RunEvent]) -> RunState:
    play.journal.extend(events)
    return folded(play.journal)


class ReadTimeout(Exception):
    pass


class ConnectTimeout(TimeoutError):
    pass


@dataclass
class HttpStatusError(Exception):
    """As common HTTP clients keep the status of an answer."""

    response: object


@dataclass
class HttpError(Exception):
    code: object


def answered(status: int) -> HttpStatusError:
    return HttpStatusError(SimpleNamespace(status_code=status))


@pytest.mark.parametrize(("error", "unsure"), [
    (TimeoutError(), True),
    (ConnectionResetError(), True),
    (BrokenPipeError(), True),
    (ReadTimeout(), True),
    (ConnectTimeout(), False),
    (ConnectionRefusedError(), False),
    (ValueError(), False),
    (ToolError("no"), False),
    (answered(504), True),
    (answered(502), True),
    (answered(500), False),
    (answered(503), False),
    (answered(409), False),
    (HttpError(524), True),
    (HttpError("504"), False),
])  # fmt: skip
def test_what_a_tool_raises_of_a_lost_answer_is_told_from_what_never_went_out(
    error: Exception, unsure: bool
) -> None:
    assert without_answer(error) is unsure
    assert serving._failed(1, error).answered is not unsure, (
        "nor does a tool process make an answer of it"
    )


def test_the_flight_remembers_no_silence_of_an_earlier_attempt() -> None:
    play = silent("pay", TIMEOUT)
    play.live()
    settled(play, Happened.NO)
    play.dies = lambda moment: moment == "after effect"
    with pytest.raises(Lost):
        play.one_life()
    flight = folded(play.journal).flight
    assert flight is not None
    assert flight.lost == ""
