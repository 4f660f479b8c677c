"""A loop laid open: the calls of a finding side by side, and only what differs of them marked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import figures
from console.journal.records import JournalRecord, Stored
from runs.reading import loop_evidence
from runs.reading.loop_evidence import ValuePiece

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
texts = st.lists(st.text(max_size=60), min_size=2, max_size=5)


def event(seq: int, kind: str, data: Mapping[str, Any], **facts: Any) -> Stored:
    record = JournalRecord(
        kind=kind, at=AT, actor="supervisor", correlation_id=RUN, data=data, **facts
    )
    return Stored(seq, RUN, seq, record)


def called(step: int, args: Any, result: Any = "nothing found", **facts: Any) -> list[Stored]:
    name = f"{step}.1"
    back = {"call": name, "result": result, "error": facts.pop("error", "")}
    given = {"outcome": "ok", "verdict": "succeeded", **facts}
    return [
        event(step * 10, "call.intended", {"call": name, "args": args}, step=step, tool="search"),
        event(step * 10 + 1, "call.returned", back, step=step, tool="search", **given),
    ]


def finding(calls: Sequence[str], kind: str = "exact", **facts: Any) -> JournalRecord:
    return event(
        999,
        facts.pop("event", "run.stopped"),
        {"facts": {"calls": list(calls), "kind": kind, "score": 0.97, "version": 2}},
        rule="loop-exact",
    ).record


def laid_out(
    names: Sequence[str], stored: Sequence[Stored], **facts: Any
) -> loop_evidence.LoopEvidence:
    found = loop_evidence.laid_out(finding(names, **facts), names, stored)
    assert found is not None
    return found


def said(value: Sequence[ValuePiece]) -> str:
    """A value, with what is marked in it in brackets."""
    return "".join(f"[{each.words}]" if each.own else each.words for each in value)


def marked(row: loop_evidence.ComparedRow) -> list[str]:
    return [said(value) for value in row.values]


def test_the_same_call_three_times_is_three_heads_over_rows_that_are_alike() -> None:
    stored = [each for step in (3, 4, 5) for each in called(step, {"q": "order 1042"})]
    found = laid_out(["3.1", "4.1", "5.1"], stored)
    assert found.title == "The same call, side by side"
    assert found.named == "rule loop-exact v2"
    assert found.sureness == "97% confidence"
    assert [(head.step, head.tool, head.failed) for head in found.heads] == [
        ("3", "search", False),
        ("4", "search", False),
        ("5", "search", False),
    ]
    assert [(row.name, row.alike) for row in found.rows] == [("q", True), ("answer", True)]
    assert found.earlier == 0


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("near", "Nearly the same call, side by side"),
        ("cyclic", "Calls in a round, side by side"),
        ("stagnant", "Steps that brought little new, side by side"),
        ("something new", "Repeated steps, side by side"),
    ],
)
def test_the_manner_of_a_loop_is_its_title(kind: str, title: str) -> None:
    assert laid_out(["3.1"], called(3, {}), kind=kind).title == title


def test_a_hint_is_told_from_an_end() -> None:
    assert laid_out(["3.1"], called(3, {}), event="hint.given").hint is True
    assert laid_out(["3.1"], called(3, {})).hint is False


def test_only_what_differs_is_marked_and_whole_words_of_it() -> None:
    stored = [*called(3, {"q": "order 1042 refund"}), *called(4, {"q": "order 1043 refund"})]
    found = laid_out(["3.1", "4.1"], stored)
    assert marked(found.rows[0]) == ["order [1042] refund", "order [1043] refund"]
    assert found.rows[0].alike is False


def test_an_argument_that_a_call_has_not_reads_as_a_dash() -> None:
    stored = [*called(3, {"q": "a", "page": 2}), *called(4, {"q": "a"})]
    page = laid_out(["3.1", "4.1"], stored).rows[1]
    assert page.name == "page"
    assert marked(page) == ["[2]", f"[{figures.NOTHING}]"]


def test_arguments_that_are_no_object_are_shown_as_they_were_sent() -> None:
    found = laid_out(["3.1", "4.1"], [*called(3, "[1, 2"), *called(4, "[1, 2")])
    assert found.rows[0].name == "as sent"
    assert marked(found.rows[0]) == ["[1, 2"] * 2


def test_of_many_calls_the_newest_six_are_shown_and_the_others_counted() -> None:
    names = [f"{step}.1" for step in range(1, 10)]
    stored = [each for step in range(1, 10) for each in called(step, {"q": "x"})]
    found = laid_out(names, stored)
    assert [head.step for head in found.heads] == ["4", "5", "6", "7", "8", "9"]
    assert found.earlier == 3


def test_a_call_that_the_reader_may_not_see_is_counted_among_the_earlier_ones() -> None:
    assert laid_out(["3.1", "4.1"], called(4, {"q": "x"})).earlier == 1


def test_nothing_readable_is_no_evidence() -> None:
    assert loop_evidence.laid_out(finding(["3.1"]), ["3.1"], []) is None


@pytest.mark.parametrize(
    ("facts", "answer", "failed"),
    [
        ({"result": "first line\nsecond"}, "first line", False),
        ({"result": "\n\n  indented"}, "indented", False),
        ({"result": ""}, "nothing", False),
        ({"result": {"rows": []}}, '{"rows": []}', False),
        ({"result": None, "error": "no such index", "outcome": "error"}, "no such index", True),
        ({"result": "[]", "verdict": "failed"}, "[]", True),
    ],
)
def test_the_answer_is_its_first_line_that_says_something(
    facts: dict[str, Any], answer: str, failed: bool
) -> None:
    found = laid_out(["3.1"], called(3, {"q": "x"}, **facts))
    assert found.rows[-1].name == "answer"
    assert marked(found.rows[-1])[0] == answer
    assert found.heads[0].failed is failed


def test_a_call_without_an_answer_says_so() -> None:
    found = laid_out(["3.1"], called(3, {"q": "x"})[:1])
    assert marked(found.rows[-1])[0] == "no answer"


def test_a_refused_call_answers_with_the_rules_sentence_and_counts_as_failed() -> None:
    refused = event(
        30,
        "call.refused",
        {"call": "3.1", "args": {"q": "x"}, "sentence": "The breaker is open."},
        step=3,
        tool="search",
        rule="breaker",
    )
    found = laid_out(["3.1"], [refused])
    assert marked(found.rows[-1])[0] == "refused: The breaker is open."
    assert found.heads[0].failed is True


def test_words_without_a_call_stand_beside_each_other_too() -> None:
    stored = [
        event(step, "step.planned", {"final": f"I am done with part {step}."}, step=step)
        for step in (3, 4)
    ]
    found = laid_out(["3", "4"], stored)
    assert [head.tool for head in found.heads] == ["words", "words"]
    assert marked(found.rows[-1]) == ["I am done with part [3].", "I am done with part [4]."]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["crash start-up", "crash on start-up"], ["crash start-up", "crash [on ]start-up"]),
        (["red lamp price", "blue lamp cost"], ["[red] lamp [price]", "[blue] lamp [cost]"]),
        (["a lamp", "lamp a"], ["a[ lamp]", "[lamp ]a"]),
        (["lamp", "lamps"], ["[lamp]", "[lamps]"]),
        (["x 1 y", "x 2 y", "x 1 y"], ["x [1] y", "x [2] y", "x [1] y"]),
        (["", "x"], ["", "[x]"]),
    ],
)
def test_words_that_differ_are_marked_and_equal_words_never(
    values: list[str], shown: list[str]
) -> None:
    assert marked(loop_evidence.row("q", values)) == shown


@given(texts)
def test_a_marked_row_still_says_each_value(values: list[str]) -> None:
    """Up to the length at which a value is cut; nothing is swapped, doubled or lost."""
    shown = loop_evidence.row("q", values)
    assert len(shown.values) == len(values)
    for found, value in zip(shown.values, values, strict=True):
        whole = "".join(each.words for each in found)
        assert all(part in value for part in whole.split("…") if "…" not in value)
        assert whole == value or len(value) > loop_evidence.AROUND


@given(texts)
def test_what_is_not_marked_is_the_same_in_all(values: list[str]) -> None:
    split = [loop_evidence.WORDS.findall(value) for value in values]
    shared = reduce(loop_evidence.in_common, split)
    for each in split:
        found = loop_evidence.pieces(each, shared)
        assert "".join(piece.words for piece in found) == "".join(each)
        assert "".join(piece.words for piece in found if not piece.own) == "".join(shared)
    row = loop_evidence.row("q", values)
    assert row.alike == (len(set(values)) == 1)


def test_a_single_value_is_like_no_other() -> None:
    assert loop_evidence.row("q", ["x"]).alike is False


def test_long_beginnings_keep_their_end_and_long_differences_are_cut() -> None:
    start = "the very same words again and again before it differs: "
    shown = loop_evidence.row("q", [f"{start}{'a' * 300}", f"{start}{'b' * 300}"])
    before, own = shown.values[0]
    assert before == ValuePiece(f"…{start[-loop_evidence.AROUND :]}")
    assert len(own.words) <= loop_evidence.LONGEST
    assert own.words.endswith("…")
