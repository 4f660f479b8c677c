"""What a tool says of its progress: one short line, as often as people can read, never after its
call is over.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.records import JournalRecord, Stored
from console.live import frames
from console.live.frames import Frame
from policies.verdicts import Meaning
from runs.engine import call_progress, codec
from runs.engine.outcomes import call_outcomes
from runs.engine.ports import Returned, ToolContext
from runs.engine.vocabulary import Outcome, Verdict
from runs.reading import call_details
from runs.reading.story import Sort, StoryTurn
from runs.runtime import announce
from runs.toolprocess import protocol
from runs.toolprocess.progress_pace import PAUSE, ProgressPace
from tests.core.folding import BUSY, NOW

RUN = "00000000-0000-4000-8000-000000000001"


class Loop:
    """An event loop's clock and its calls to come, by hand."""

    def __init__(self) -> None:
        self.now, self.due = 0.0, list[tuple[float, Callable[[], None]]]()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.due.append((self.now + seconds, call))

    def go(self, seconds: float) -> None:
        self.now += seconds
        ready = [call for at, call in self.due if at <= self.now]
        self.due = [(at, call) for at, call in self.due if at > self.now]
        for call in ready:
            call()


def paced() -> tuple[Loop, ProgressPace, list[str]]:
    loop, sent = Loop(), list[str]()
    return loop, ProgressPace(sent.append, loop.later, lambda: loop.now), sent


def context() -> ToolContext:
    return ToolContext("run", 1, "anna", "1.1", "key", "story", datetime(2026, 1, 1, tzinfo=UTC))


def test_the_first_words_are_passed_on_at_once() -> None:
    loop, pace, sent = paced()
    pace.tell("1 of 65")
    loop.go(0)
    assert sent == ["1 of 65"]


def test_of_a_thousand_words_within_a_moment_the_first_and_the_last_are_passed_on() -> None:
    loop, pace, sent = paced()
    pace.tell("0")
    loop.go(0)
    for number in range(1_000):
        pace.tell(str(number))
    assert len(loop.due) == 1
    loop.go(PAUSE)
    assert sent == ["0", "999"]


def test_the_same_words_are_passed_on_once() -> None:
    loop, pace, sent = paced()
    for _ in range(3):
        pace.tell("half")
        loop.go(PAUSE)
    assert sent == ["half"]


def test_nothing_is_passed_on_once_the_call_is_over() -> None:
    loop, pace, sent = paced()
    pace.tell("nearly")
    pace.end()
    loop.go(PAUSE)
    pace.tell("more")
    loop.go(PAUSE)
    assert sent == []
    assert loop.due == []


def test_the_last_words_of_a_call_are_known_even_when_there_was_no_time_to_pass_them_on() -> None:
    _, pace, _ = paced()
    assert pace.newest == ""
    for words in ("1 of 3", "2 of 3"):
        pace.tell(words)
    pace.end()
    pace.tell("3 of 3, too late")
    assert pace.newest == "2 of 3"


FLIGHT_OF_ONE = BUSY.flights[0]
HALF = Returned(Outcome.OK, "done", progress="40 of 65")


def test_they_are_kept_with_what_came_back_and_with_what_was_lost() -> None:
    returned = call_outcomes.as_returned(
        BUSY, FLIGHT_OF_ONE, HALF, Meaning(Verdict.SUCCEEDED), None, None, NOW
    )
    lost = call_outcomes.lost(FLIGHT_OF_ONE, replace(HALF, answered=False), NOW)
    for event in (returned, lost):
        columns, data = codec.encode(event)
        assert data["progress"] == "40 of 65"
        assert codec.decode(event.kind, columns, data) == event
        older = {name: value for name, value in data.items() if name != "progress"}
        assert codec.decode(event.kind, columns, older) == replace(event, progress="")


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        ("call.returned", "40 of 65", "last said “40 of 65”"),
        ("call.lost", "40 of\n65", "last said “40 of 65”"),
        ("call.returned", "", ""),
        ("call.refused", "40 of 65", ""),
    ],
)
def test_a_page_tells_how_far_a_call_had_got(kind: str, words: str, said: str) -> None:
    record = JournalRecord(kind, NOW, "tool", UUID(int=1), step=1, data={"progress": words})
    turn = StoryTurn("1.1", Sort.CALL, (Stored(1, UUID(int=2), 1, record),))
    assert call_details.progress(turn) == said


@given(st.lists(st.tuples(st.text(max_size=5), st.sampled_from([0, 0.25, 0.5, 2])), max_size=40))
def test_between_two_tellings_is_a_pause_and_the_newest_words_come_through(
    said: list[tuple[str, float]],
) -> None:
    loop = Loop()
    heard: list[tuple[float, str]] = []
    pace = ProgressPace(lambda words: heard.append((loop.now, words)), loop.later, lambda: loop.now)
    for words, seconds in said:
        pace.tell(words)
        loop.go(seconds)
    loop.go(PAUSE)
    assert all(later[0] - earlier[0] >= PAUSE for earlier, later in pairwise(heard))
    assert (heard[-1][1] if heard else "") == (said[-1][0] if said else "")


@given(st.text(max_size=3_000))
def test_words_are_one_short_line_without_anything_that_cannot_be_seen(text: str) -> None:
    line = call_progress.one_short_line(text)
    assert len(line) <= call_progress.LONGEST
    assert len(line.splitlines()) <= 1
    assert line == call_progress.one_short_line(line)
    assert not set(line) & {"\n", "\x1b", "\u202e", "\u200b", "\0"}


def test_a_long_text_says_that_it_goes_on() -> None:
    assert call_progress.one_short_line("a" * 81) == "a" * 79 + "…"
    assert call_progress.one_short_line(" 40\n of \x1b[31m 65 ") == "40 of [31m 65"


def test_a_tool_may_say_anything_and_where_nobody_listens_nothing_happens() -> None:
    context().progress("40 of 65")
    heard: list[str] = []
    before = call_progress.listener.set(heard.append)
    try:
        context().progress(65)
        protocol.context_in(protocol.context_out(context())).progress("from a process")
    finally:
        call_progress.listener.reset(before)
    assert heard == ["65", "from a process"]


def test_it_is_a_message_of_plain_data() -> None:
    said = protocol.CallProgress(7, "40 of 65")
    assert protocol.unpacked(protocol.packed(said)[protocol.LENGTH.size :]) == said


def shown() -> Frame:
    state = {"status": "running", "step": 3, "tool": "sweep"}
    return Frame(RUN, 12, 11, "2026-01-01T00:00:00+00:00", state, ("call.intended",))


def test_a_frame_with_progress_covers_no_event_and_keeps_the_row_as_it_was() -> None:
    at = datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    told = announce.with_progress(shown(), "40 of 65", at)
    assert (told.seq, told.first, told.kinds) == (12, 13, ())
    assert told.state == {**shown().state, "progress": "40 of 65"}
    merged = frames.merge(shown(), told)
    assert (merged.first, merged.seq, merged.state["progress"]) == (11, 12, "40 of 65")


def test_the_next_event_takes_it_away_even_when_progress_comes_late() -> None:
    late = announce.with_progress(shown(), "64 of 65", datetime(2026, 1, 1, 0, 1, tzinfo=UTC))
    after = Frame(RUN, 13, 13, "2026-01-01T00:00:02+00:00", {"status": "running"}, ("call.ended",))
    assert "progress" not in frames.merge(after, late).state


def test_who_may_not_know_the_tools_hears_nothing_of_their_progress() -> None:
    told = announce.with_progress(shown(), "40 of 65", datetime(2026, 1, 1, tzinfo=UTC))
    assert "progress" not in frames.for_clearance(told, {frames.VISIBLE}).state
    assert "progress" in frames.for_clearance(told, {frames.USER_HIDDEN}).state


def test_figures_read_as_people_say_them() -> None:
    assert call_progress.counted(40, 65) == "40 of 65"
    assert call_progress.counted(0.5) == "0.5"
    assert call_progress.counted(2, 3, "pages") == "2 of 3 · pages"
    assert call_progress.counted(1_234_567, 2e9, "") == "1,234,567 of 2,000,000,000"
    assert call_progress.counted(0.1 + 0.2, 1) == "0.3 of 1"
