"""What a page shows of a step's context is what its planner was sent, message by message; a reader
sees of it what is theirs to see, and the rest is counted.
"""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.journal.records import Stored
from runs.engine import actions
from runs.engine import events as e
from runs.engine.engine_errors import PlannerFault
from runs.engine.ports import ContextMessage, PlannerTurn, ToolCall
from runs.engine.state import RunState
from runs.reading import sent
from runs.reading.sent import SentContext, SentMessage
from runs.runtime import run_ledger
from tests.core.runs_in_memory import START, World, answering, created, leased, world

RUN = UUID(int=5)


@dataclass
class Remembering(World):
    """A world that remembers what its planner was sent for each step."""

    sent: dict[int, list[ContextMessage]] = field(default_factory=dict)

    def planned(self, state: RunState, effect: actions.Plan) -> list[e.RunEvent]:
        self.sent[state.step + 1] = [*effect.window.messages()]
        return super().planned(state, effect)

    @property
    def stored(self) -> list[Stored]:
        rows, _ = run_ledger.rows(self.journal, run_ledger.EventOrigin(RUN, RUN, "a", ""))
        return [Stored(at, RUN, at, row.record) for at, row in enumerate(rows, 1)]


def played(thoughts: list[int], window: int, summarise: str | None) -> Remembering:
    """A run that thinks so many characters aloud at each step, in so small a window."""
    turns = [
        PlannerTurn(thought="y" * size, calls=(ToolCall("ref", "read", {}),)) for size in thoughts
    ]
    play = Remembering([*turns, answering()], world([]).rules)
    play.rules.summarising = summarise
    taught = e.PlanFailed(
        at=START,
        step=1,
        fault=PlannerFault.OVERFLOW,
        message="too long",
        retry_at=START,
        window=window,
    )
    play.journal = [created(), leased(), taught]
    play.live()
    return play


def at(play: Remembering, step: int, readable: frozenset[int] | None = None) -> SentContext:
    everything = frozenset(row.seq for row in play.stored)
    found = sent.of(play.stored, everything if readable is None else readable, step)
    assert found is not None
    return found


def texts(messages: list[ContextMessage]) -> list[str]:
    return [sent.written(message) for message in messages]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 1_200), min_size=1, max_size=12),
    st.sampled_from([900, 1_500, 4_000]),
    st.sampled_from([None, ""]),
)
def test_it_is_what_the_planner_was_sent(
    thoughts: list[int], window: int, summarise: str | None
) -> None:
    play = played(thoughts, window, summarise)
    for step, messages in play.sent.items():
        assert [each.text for each in at(play, step).messages] == texts(messages)


LONG = [900] * 8


def test_what_was_folded_is_shown_with_the_summary_that_tells_it() -> None:
    play = played(LONG, 1_500, "")
    last = at(play, 9)
    assert last.folded is not None
    assert last.recall
    assert [each.speaker for each in last.messages[:3]] == ["goal", "summary", "model"]
    assert "summed up" in last.messages[1].text
    shown = {each.seq for each in (*last.folded.messages, *last.messages)}
    assert {row.seq for row in play.stored if row.record.kind == "call.returned"} <= shown
    assert last.folded.title.startswith("Step")


def test_before_anything_is_folded_nothing_is() -> None:
    first = at(played(LONG, 1_500, None), 1)
    assert first.folded is None
    assert not first.recall
    assert [each.speaker for each in first.messages] == ["goal"]


def test_what_a_reader_may_not_see_is_counted_and_not_shown() -> None:
    play = played(LONG, 1_500, None)
    goal = frozenset({1})
    found = at(play, 9, goal)
    hidden = [each for each in found.messages if each.hidden]
    assert found.hidden == len(hidden) == len(found.messages) - 1
    assert found.folded is not None
    assert not any(each.text or each.head for each in (*hidden, *found.folded.messages))
    assert {each.speaker for each in hidden} == {"summary", "model", "tool"}


def test_a_prompt_is_the_first_message_and_hidden_like_its_event() -> None:
    play = played([10], 4_000, None)
    play.journal.insert(1, e.RunBriefed(at=START, prompt="be good"))
    assert at(play, 1).messages[0].text == "be good"
    hidden: SentMessage = at(play, 1, frozenset({1})).messages[0]
    assert (hidden.speaker, hidden.text, hidden.hidden) == ("system prompt", "", True)


def test_a_step_that_never_was_is_none() -> None:
    assert sent.of(played([10], 4_000, None).stored, frozenset(), 7) is None


def test_erased_content_is_not_made_up_again() -> None:
    play = played([10], 4_000, None)
    gone = [Stored(row.id, row.run, row.seq, row.record, erased=True) for row in play.stored]
    with pytest.raises(sent.Erased):
        sent.of(gone, frozenset(), 1)


def test_its_neighbours_are_the_steps_before_and_after() -> None:
    play = played(LONG, 4_000, None)
    assert (at(play, 1).earlier, at(play, 1).later) == (0, 2)
    assert (at(play, 9).earlier, at(play, 9).later) == (8, 0)
