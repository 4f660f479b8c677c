"""Journal and far side compared: what differs is found, and nothing where nothing differs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from console.journal.records import JournalRecord
from runs.engine import reconciliation
from runs.engine.ports import ListedEffect
from runs.engine.reconciliation import CallCourse, CallFate, Span, compared, course
from runs.engine.vocabulary import Discrepancy

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
RUN = str(UUID(int=7))
SPAN = Span(NOON - timedelta(hours=6), NOON - timedelta(minutes=2))


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def call(
    fate: CallFate, name: str = "1.1", *, tool: str = "pay", minutes: float = 30
) -> CallCourse:
    return CallCourse(RUN, name, tool, 1, fate, ago(minutes), ago(minutes - 1))


def effect(name: str = "1.1", *, minutes: float = 29.5, undone: bool = False) -> ListedEffect:
    return ListedEffect(f"{RUN}:{name}", ago(minutes), "12.50 to Ann", undone=undone)


def found(calls: list[CallCourse], effects: list[ListedEffect]) -> list[tuple[Discrepancy, str]]:
    return [(each.difference, each.call) for each in compared("pay", calls, effects, SPAN)]


@pytest.mark.parametrize(
    ("fate", "there"),
    [
        (CallFate.DONE, [effect()]),
        (CallFate.FAILED, []),
        (CallFate.UNDONE, []),
        (CallFate.UNDONE, [effect(undone=True)]),
        (CallFate.UNDONE, [effect(), effect("1.1:undo")]),
        (CallFate.UNKNOWN, []),
        (CallFate.UNKNOWN, [effect()]),
        (CallFate.OPEN, []),
        (CallFate.OPEN, [effect()]),
    ],
)
def test_nothing_is_found_where_nothing_differs(fate: CallFate, there: list[ListedEffect]) -> None:
    assert found([call(fate)], there) == []


@pytest.mark.parametrize(
    ("fate", "there", "difference"),
    [
        (CallFate.DONE, [], Discrepancy.NOT_THERE),
        (CallFate.DONE, [effect(undone=True)], Discrepancy.NOT_THERE),
        (CallFate.DONE, [effect(), effect("1.1:undo")], Discrepancy.NOT_THERE),
        (CallFate.FAILED, [effect()], Discrepancy.ALTHOUGH_FAILED),
        (CallFate.UNDONE, [effect()], Discrepancy.ALTHOUGH_UNDONE),
        (CallFate.DONE, [effect(), effect()], Discrepancy.TWICE),
        (CallFate.UNKNOWN, [effect(), effect()], Discrepancy.TWICE),
    ],
)
def test_what_differs_is_found_once(
    fate: CallFate, there: list[ListedEffect], difference: Discrepancy
) -> None:
    assert found([call(fate)], there) == [(difference, "1.1")]


def test_an_effect_without_a_call_is_found_on_the_run_that_its_key_names() -> None:
    [one] = compared("pay", [], [effect("9.1")], SPAN)
    assert (one.difference, one.run, one.call) == (Discrepancy.NO_CALL, RUN, "9.1")
    assert (one.at, one.words) == (ago(29.5), "12.50 to Ann")


def test_an_effect_under_a_key_that_is_not_ours_belongs_to_no_run() -> None:
    [one] = compared("pay", [], [ListedEffect("by hand", ago(30))], SPAN)
    assert (one.difference, one.key, one.run, one.call) == (Discrepancy.NO_CALL, "by hand", "", "")


def test_what_is_too_young_or_too_old_is_not_judged() -> None:
    young, old = call(CallFate.DONE, minutes=1.5), call(CallFate.DONE, "2.1", minutes=400)
    assert found([young, old], [effect("3.1", minutes=1)]) == []


def test_the_effects_of_another_tools_call_are_that_tools() -> None:
    assert found([call(CallFate.FAILED, tool="refund")], [effect()]) == []


def test_a_call_whose_content_was_erased_is_passed_over() -> None:
    key = f"{RUN}:1.1"
    assert compared("pay", [], [effect()], SPAN, frozenset({key})) == []


def record(kind: str, minutes: float, **facts: Any) -> JournalRecord:
    data = {"call": "1.1", **facts.pop("data", {})}
    return JournalRecord(
        kind, ago(minutes), "tool", UUID(int=7), step=1, tool="pay", data=data, **facts
    )


INTENT = record("call.intended", 9)


@pytest.mark.parametrize(
    ("later", "fate"),
    [
        ([], CallFate.OPEN),
        ([record("call.returned", 8, verdict="succeeded")], CallFate.DONE),
        ([record("call.returned", 8, verdict="failed")], CallFate.FAILED),
        ([record("call.returned", 8, verdict="failed", data={"silent": True})], CallFate.UNKNOWN),
        ([record("call.returned", 8, verdict="failed", data={"retry_at": "x"})], CallFate.OPEN),
        ([record("call.returned", 8, verdict="unknown")], CallFate.UNKNOWN),
        ([record("call.lost", 8)], CallFate.OPEN),
        (
            [record("call.returned", 8, verdict="succeeded"), record("undo.intended", 7)],
            CallFate.UNKNOWN,
        ),
        (
            [
                record("call.returned", 8, verdict="succeeded"),
                record("undo.intended", 7),
                record("undo.returned", 6, verdict="succeeded"),
            ],
            CallFate.UNDONE,
        ),
        (
            [
                record("call.returned", 8, verdict="failed", data={"retry_at": "x"}),
                record("call.retried", 7),
                record("call.returned", 6, verdict="succeeded"),
            ],
            CallFate.DONE,
        ),
    ],
)
def test_the_journal_says_what_became_of_a_call(later: list[JournalRecord], fate: CallFate) -> None:
    told = course(RUN, [INTENT, *later])
    assert told is not None
    assert (told.fate, told.key, told.begun) == (fate, f"{RUN}:1.1", ago(9))


def test_events_without_the_intent_make_no_call() -> None:
    assert course(RUN, [record("call.returned", 8, verdict="succeeded")]) is None


def test_a_key_names_its_run_and_call_unless_it_is_foreign() -> None:
    assert reconciliation.named(f"{RUN}:2.3") == (UUID(RUN), "2.3")
    assert reconciliation.named(f"{RUN}:2.3:undo") == (UUID(RUN), "2.3")
    for foreign in ("", "by hand", f"{RUN}", f"{RUN}:", RUN.replace("-", "") + ":1.1"):
        assert reconciliation.named(foreign) is None
