"""A run's journal as a table: every event in one line, and a line where something is left out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.records import JournalRecord, Stored
from runs.engine import events as engine_events
from runs.reading import erasures, event_table, story, transcript, window
from runs.reading.readers import PageReader
from runs.reading.transcript import TranscriptEntry

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, 1, 234567, tzinfo=UTC)
OPERATOR = cast("PageReader", type("Operator", (), {"sees_tools": True}))
VIEWER = cast("PageReader", type("Viewer", (), {"sees_tools": False}))


def stored(kind: str, data: dict[str, Any] | None = None, **facts: Any) -> Stored:
    given_facts = {"actor": "supervisor", "step": 3, "tool": "refund", **facts}
    return Stored(
        12, RUN, 12, JournalRecord(kind, AT, correlation_id=RUN, data=data or {}, **given_facts)
    )


def line(kind: str, data: dict[str, Any] | None = None, **facts: Any) -> event_table.EventLine:
    return event_table.only_line([stored(kind, data, **facts)])


def test_a_line_says_when_who_what_and_at_which_step() -> None:
    found = line("run.resumed", {"note": "go on"}, actor="user:anna", step=None)
    assert (found.seq, found.at, found.who, found.kind, found.step) == (
        12,
        "15:47:01.234",
        "anna",
        "run.resumed",
        "",
    )
    assert found.what == "Resumed by anna — go on"


@pytest.mark.parametrize(
    ("kind", "data", "facts", "what"),
    [
        ("call.intended", {"call": "3.1", "args": {"usd": 180}}, {}, "refund usd: 180"),
        ("call.intended", {"call": "3.1", "args": {}}, {}, "refund"),
        ("undo.intended", {"call": "3.1"}, {}, "refund"),
        (
            "call.returned",
            {"call": "3.1"},
            {"outcome": "ok", "verdict": "succeeded", "duration": 0.84},
            "refund ok, succeeded in 0.8 s",
        ),
        (
            "call.returned",
            {"call": "3.1", "error": "boom"},
            {"outcome": "error", "verdict": "failed"},
            "refund error, failed: boom",
        ),
        (
            "call.returned",
            {"call": "3.1", "sentence": "No rows."},
            {"outcome": "ok", "verdict": "failed"},
            "refund ok, failed: No rows.",
        ),
        (
            "call.returned",
            {"call": "3.1", "sentence": "Fine.", "retry": "No further attempt."},
            {"outcome": "ok", "verdict": "succeeded"},
            "refund ok, succeeded: No further attempt",
        ),
        (
            "call.refused",
            {"call": "3.1", "sentence": "Too much.", "version": 2},
            {"rule": "big-refunds"},
            "refund: Too much. (rule big-refunds v2)",
        ),
        (
            "call.asked",
            {"call": "3.1", "sentence": "Over $200."},
            {"rule": "approval"},
            "refund Over $200.",
        ),
        (
            "call.decided",
            {"call": "3.1", "word": "deny", "note": "no"},
            {"actor": "user:ada"},
            "refund denied by ada — “no”",
        ),
        ("call.retried", {"call": "3.1", "attempt": 2}, {}, "refund, 2nd attempt"),
        (
            "call.looked_up",
            {"call": "3.1", "happened": "yes"},
            {},
            "refund, the tool was asked: it did happen",
        ),
        (
            "call.lost",
            {"call": "3.1", "error": "cut"},
            {},
            "refund, nobody knows whether it happened: cut",
        ),
        (
            "step.planned",
            {"model": "gpt-5"},
            {"tokens_in": 1200, "tokens_out": 30, "usd": Decimal("0.004")},
            "gpt-5 · 1,200 → 30 tokens · $0.0040",
        ),
        ("step.planned", {"model": "gpt-5"}, {"tokens_in": 5}, "gpt-5 · 5 → 0 tokens · no price"),
        (
            "step.planned",
            {"model": "gpt-5", "estimated": True},
            {"tokens_in": 5, "usd": Decimal("0.004")},
            "gpt-5 · ~5 → 0 tokens · ~$0.0040",
        ),
        (
            "context.compacted",
            {"by": "model", "model": "tiny", "steps": 3, "estimated": True},
            {"tokens_in": 900, "tokens_out": 40, "usd": Decimal("0.002")},
            (
                "Steps 1 to 3 summed up to fit the model's window, by the model"
                " · ~900 → 40 tokens · ~$0.0020"
            ),
        ),
        ("run.created", {"goal": "Refund order 1042"}, {}, "Refund order 1042"),
        ("run.stopped", {"reason": "USER_KILLED"}, {}, "Killed, all work stopped"),
        ("a.new_kind", {}, {}, ""),
    ],
)
def test_each_kind_in_one_line(
    kind: str, data: dict[str, Any], facts: dict[str, Any], what: str
) -> None:
    assert line(kind, data, **facts).what == what


@pytest.mark.parametrize("kind", sorted(engine_events.KINDS))
def test_no_kind_of_the_engine_breaks_the_table(kind: str) -> None:
    assert line(kind).kind == kind


@pytest.mark.parametrize(
    ("kind", "facts", "tone"),
    [
        ("call.returned", {"outcome": "ok", "verdict": "succeeded"}, ""),
        ("call.returned", {"outcome": "ok", "verdict": "unknown"}, ""),
        ("call.returned", {"outcome": "ok", "verdict": "failed"}, "bad"),
        ("call.returned", {"outcome": "cancelled"}, "bad"),
        ("call.refused", {}, "bad"),
        ("run.stopped", {}, ""),
    ],
)
def test_what_failed_is_marked(kind: str, facts: dict[str, Any], tone: str) -> None:
    assert line(kind, {"call": "3.1"}, **facts).tone == tone


# what is left out


def numbered(*seqs: int) -> list[Stored]:
    return [Stored(seq, RUN, seq, JournalRecord("run.leased", AT, "x", RUN)) for seq in seqs]


@pytest.mark.parametrize(
    ("seqs", "first", "end", "missing"),
    [
        ([1, 2, 3], 1, 4, {}),
        ([2, 5], 1, 7, {0: 1, 2: 2, 5: 1}),
        ([], 1, 5, {0: 4}),
        ([7], 7, 8, {}),
        ([3], 1, 4, {0: 2}),
    ],
)
def test_what_a_reader_may_not_see_is_counted_where_it_stood(
    seqs: list[int], first: int, end: int, missing: dict[int, int]
) -> None:
    assert window.holes(numbered(*seqs), first, end) == missing


@given(st.sets(st.integers(1, 60)), st.integers(61, 80))
def test_shown_and_left_out_are_together_all_there_is(seqs: set[int], end: int) -> None:
    missing = window.holes(numbered(*sorted(seqs)), 1, end)
    assert len(seqs) + sum(missing.values()) == end - 1


def test_each_hole_is_a_line_between_its_neighbours() -> None:
    shown = [TranscriptEntry(f"e{seq}", "mark", seq, seq, "x") for seq in (2, 5)]
    found = list(window.with_holes(shown, {0: 1, 2: 2, 5: 1}, VIEWER))
    assert [entry.key for entry in found if entry.key.startswith("e")] == ["e2", "e5"]
    assert len(found) == 5
    assert found[1].key == "e2"
    assert found[3].key == "e5"


@pytest.mark.parametrize(
    ("count", "who", "what"),
    [
        (1, VIEWER, "1 entry visible to operators only"),
        (14, VIEWER, "14 entries visible to operators only"),
        (
            1,
            OPERATOR,
            f"1 entry {transcript.ALWAYS_HIDDEN}",
        ),
        (
            2,
            OPERATOR,
            f"2 entries {transcript.ALWAYS_HIDDEN}",
        ),
    ],
)
def test_a_line_for_what_is_left_out_says_how_much_and_for_whom_it_is(
    count: int, who: PageReader, what: str
) -> None:
    assert event_table.left_out(count, 3, who) == event_table.EventLine(3, "", "", "", "", what)


# erased content


def order(last: int, by: str, day: int) -> Stored:
    at = datetime(2026, 11, day, 12, tzinfo=UTC)
    return Stored(99, RUN, 99, JournalRecord("content.erased", at, by, RUN, data={"last": last}))


def test_an_erased_event_says_what_it_was_since_when_and_by_whose_word() -> None:
    gone = erasures.mark(
        Stored(
            5, RUN, 5, JournalRecord("call.returned", AT, "tool", RUN, step=3, tool="refund"), True
        ),
        [order(4, "user:bo", 3), order(20, "user:anna", 7)],
    )
    assert (gone.record.kind, gone.record.step, gone.record.tool) == (erasures.GONE, 3, "refund")
    assert gone.record.data == {"kind": "call.returned", "on": "7 Nov 2026", "by": "anna"}
    assert (gone.seq, gone.record.at) == (5, AT)


def test_an_erased_event_whose_order_is_not_at_hand_is_still_marked() -> None:
    event = Stored(5, RUN, 5, JournalRecord("call.returned", AT, "tool", RUN), erased=True)
    assert erasures.mark(event, []).record.data["by"] == "tool"


def test_turns_keep_the_order_in_which_they_began() -> None:
    seen = [
        Stored(
            seq,
            RUN,
            seq,
            JournalRecord(kind, AT + timedelta(seconds=seq), "x", RUN, step=1, data={"call": call}),
        )
        for seq, (kind, call) in enumerate(
            [
                ("call.intended", "1.1"),
                ("call.intended", "1.2"),
                ("call.returned", "1.2"),
                ("call.returned", "1.1"),
            ],
            1,
        )
    ]
    turns = story.turns(seen)
    assert [turn.key for turn in turns] == ["call-1-1", "call-1-2"]
    assert [turn.in_flight for turn in turns] == [False, False]
    assert [(turn.start.second, turn.end and turn.end.second) for turn in turns] == [(2, 5), (3, 4)]
