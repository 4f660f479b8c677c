"""What is appended is announced, once, and known: also when the answer to the append was lost."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from console.journal.encoding import EncodedRow
from console.live.frames import Frame
from runs.engine import events as e
from runs.engine.actions import NoApprovals, Statement
from runs.runtime import patience
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.handles import Handle
from runs.runtime.run_writer import RunWriter
from runs.runtime.store_port import Meanwhile
from runs.simulation.journals import Journals, MemoryStore
from runs.simulation.lives import SimulatedRun
from runs.tools.toolbox import Box
from tests.core.runs_in_memory import created

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Unanswered(MemoryStore):
    """The first append arrives, and the connection is lost before anything can be thought about or
    answered.
    """

    lost = False

    async def _append(
        self,
        rows: Sequence[EncodedRow],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
    ) -> int:
        last = await super()._append(
            rows, seq, projection, beside, meanwhile if self.lost else None
        )
        if not self.lost:
            self.lost = True
            raise psycopg.OperationalError("server closed the connection")
        return last


@pytest.fixture
def announced() -> list[Frame]:
    return []


@pytest.fixture
def writer(announced: list[Frame], monkeypatch: pytest.MonkeyPatch) -> RunWriter:
    monkeypatch.setattr(patience, "FIRST", 0.0)
    journals = Journals(lambda: AT)
    life = SimulatedRun(uuid4(), {"name": "a"}, uuid4())
    journals.born(life, [created(AT)])
    held = journals.acquire(life.run, "one")
    assert held is not None
    handle, store = Handle(life.run, held.epoch), Unanswered(held, journals)
    made = RunWriter(held, handle, NoApprovals(), lambda: AT, store, announced.append)
    made.learn(store.read_now(0))
    return made


def hint(text: str) -> e.RunEvent:
    return e.PauseRequested(at=AT, note=text)


def test_an_append_whose_answer_was_lost_is_announced_once_and_not_made_again(
    writer: RunWriter, announced: list[Frame]
) -> None:
    before = writer.seq
    asyncio.run(writer.commit(lambda state, now: [hint("look")]))
    assert [frame.seq for frame in announced] == [before + 1]
    assert writer.seq == before + 1
    assert isinstance(writer.store, Unanswered)
    kept = [each.record.kind for each in writer.store.read_now(before)]
    assert kept == ["run.pause_requested"]


def test_what_is_appended_after_it_is_announced_as_ever(
    writer: RunWriter, announced: list[Frame]
) -> None:
    asyncio.run(writer.commit(lambda state, now: [hint("look")]))
    asyncio.run(writer.commit(lambda state, now: [hint("again")]))
    first, second = announced
    assert second.seq == first.seq + 1


class Listening(OwnRules):
    """Rules that keep what they hear, and fail at a pause while they are `deaf`."""

    deaf = False

    def __init__(self) -> None:
        super().__init__(Box([]), lambda schema, args: [])
        self.told_of: list[str] = []

    def observe(self, events: Sequence[e.RunEvent]) -> None:
        if self.deaf:
            raise ValueError("deaf")
        self.told_of += [event.kind for event in events]


@pytest.fixture
def rules() -> Listening:
    return Listening()


def test_rules_hear_of_all_there_was_when_they_come(writer: RunWriter, rules: Listening) -> None:
    writer.supervise(rules)
    assert rules.told_of == ["run.created"]
    assert writer.supervised


def test_whoever_asks_the_rules_has_them_told_first(writer: RunWriter, rules: Listening) -> None:
    writer.supervise(rules)
    asyncio.run(writer.commit(lambda state, now: [hint("look")]))
    assert rules.told_of == ["run.created"]
    assert writer.rules is rules
    assert writer.rules is rules
    assert rules.told_of == ["run.created", "run.pause_requested"], "of each once"


def test_what_rules_raise_while_they_are_told_meanwhile_comes_to_whoever_asks_them_next(
    writer: RunWriter, rules: Listening
) -> None:
    writer.supervise(rules)
    asyncio.run(writer.commit(lambda state, now: [hint("look")]))
    rules.deaf = True
    writer.tell_meanwhile()
    with pytest.raises(ValueError, match="deaf"):
        assert writer.rules is rules
