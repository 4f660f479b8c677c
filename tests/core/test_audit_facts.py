"""What is shown of one event of the audit: its facts, what lies apart, its cells in an export."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import figures
from console.journal.records import JournalRecord, Stored
from console.pages import audit_export, audit_lines, audit_words

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, 1, 234567, tzinfo=UTC)


def record(kind: str, data: Mapping[str, Any] | None = None, **facts: Any) -> JournalRecord:
    return JournalRecord(kind, AT, facts.pop("actor", "supervisor"), RUN, data=data or {}, **facts)


def stored(kind: str, data: Mapping[str, Any] | None = None, **facts: Any) -> Stored:
    erased = facts.pop("erased", False)
    return Stored(41, RUN, 12, record(kind, data, **facts), erased=erased)


def test_the_facts_of_an_event_are_those_that_hold_something() -> None:
    found = dict(
        audit_lines.facts(
            stored(
                "call.returned",
                {"version": 3},
                step=3,
                tool="refund",
                outcome="ok",
                verdict="failed",
                rule="truth:stock",
                duration=0.25,
                tokens_in=1200,
                tokens_out=30,
                usd=Decimal("0.00250"),
                person="7",
            )
        )
    )
    assert found == {
        "Time": "2026-11-20 15:47:01.234567 UTC",
        "Who": "supervisor",
        "Person": "person:7",
        "Event": "41 · number 12 of its chain",
        "What": "call.returned refund",
        "Outcome": "ok, failed",
        "Step": "3",
        "Rule": "truth:stock v3",
        "Took": "0.250000 s",
        "Tokens": "1,200 in, 30 out",
        "Cost": "$0.0025",
        "May be read by": "operators",
    }


def test_a_step_of_nought_and_a_cost_of_nothing_are_facts_too() -> None:
    found = dict(audit_lines.facts(stored("run.started", step=0, usd=Decimal(0))))
    assert (found["Step"], found["Cost"]) == ("0", "$0")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0.0 kB"),
        (999, "1.0 kB"),
        (90_000, "90.0 kB"),
        (1_000_000, "1.0 MB"),
        (52_428_800, "52.4 MB"),
    ],
)
def test_the_size_of_what_lies_apart(count: int, said: str) -> None:
    assert audit_lines.size(count) == said


# an export


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1＋1", "'＝1＋1"),
        ("plain", "plain"),
        ("", ""),
        (-5, -5),
        (None, None),
        ({"b": 1, "a": "ä"}, '{"a":"ä","b":1}'),
    ],
)
def test_a_cell_is_no_formula(value: Any, cell: Any) -> None:
    assert audit_export.cell(value) == cell


@given(st.text(max_size=80))
def test_no_text_becomes_a_formula_or_a_second_line(text: str) -> None:
    cell = audit_export.cell(text)
    assert not cell.startswith(audit_export.FORMULA)
    assert "\r" not in cell
    assert "\0" not in cell


def test_times_money_and_ids_are_exported_as_text_and_numbers_as_numbers() -> None:
    event = stored("call.returned", {"a": 1}, usd=Decimal("0.25"), tokens_in=5, step=3)
    row = audit_export.row(event, (b"\x0a", b"\x0b"))
    assert (row["digest"], row["link"]) == ("0a", "0b")
    assert (row["at"], row["usd"], row["run"]) == (AT.isoformat(), "0.25", str(RUN))
    assert (row["tokens_in"], row["step"], row["data"]) == (5, 3, {"a": 1})
    assert tuple(row) == audit_export.COLUMNS


def test_a_value_that_is_nothing_reads_as_a_dash() -> None:
    assert audit_words.value([None, 0], 0) == figures.NOTHING
    assert audit_words.value([None, 0], 1) == "0"
    assert audit_words.value([False, True], 0) == "false"
