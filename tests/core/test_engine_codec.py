"""An event read back is the event that was written: with every optional value there, and with every
one absent.
"""

import itertools
from collections.abc import Iterable
from dataclasses import MISSING, fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import pytest

from runs.engine import codec, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.fold import fold, folded
from runs.engine.moves import MOVES
from runs.engine.ports import Happened, Inquiry, ToolCall, Usage
from runs.engine.vocabulary import (
    AnswerAct,
    Closer,
    Effect,
    Outcome,
    StopReason,
    Verdict,
    Visibility,
    Waiting,
)
from tests.core.runs_in_memory import START, created, leased, running
from tests.core.test_engine_moves import EXAMPLES, a_run

VALUES: dict[Any, Any] = {
    str: "words",
    int: 7,
    float: 1.5,
    bool: True,
    Decimal: Decimal("0.000000001"),
    type(START): START + timedelta(seconds=9),
}
NAMED: dict[str, Any] = {
    "visibility": Visibility.ALWAYS_HIDDEN,
    "outcome": Outcome.TIMEOUT,
    "verdict": Verdict.UNKNOWN,
    "effect": Effect.REVERSIBLE,
    "fault": PlannerFault.OVERFLOW,
    "happened": Happened.UNKNOWN,
    "waiting_for": Waiting.IN_DOUBT,
    "word": AnswerAct.RESPOND,
    "closer": Closer.UNKNOWN,
    "calls": (ToolCall("a", "read", {"n": None}), ToolCall("b", "pay", "not json")),
    "free": ("note", "amount"),
    "unmet": ("told",),
    "args": {"nothing": None, "list": [1, None]},
    "limits": {"steps": 5, "tokens": 10, "usd": "0.5", "seconds": 60},
    "facts": {"checks": [None]},
    "result": {"paid": None},
}


def optional(kind: type[e.RunEvent]) -> list[str]:
    hints = get_type_hints(kind)
    return [
        f.name
        for f in fields(kind)
        if f.default is not MISSING and type(None) in get_args(hints[f.name])
    ]


def full(example: e.RunEvent) -> e.RunEvent:
    """The example with every field that has a default set to something else."""
    hints, kind = get_type_hints(type(example)), type(example)
    said: dict[str, Any] = {}
    for field in fields(kind):
        if field.default is MISSING and field.default_factory is MISSING:
            continue
        plain = next(
            (each for each in (hints[field.name], *get_args(hints[field.name])) if each in VALUES),
            None,
        )
        said[field.name] = NAMED.get(field.name, VALUES.get(plain, getattr(example, field.name)))
    return replace(example, **said)


def without(event: e.RunEvent, names: Iterable[str]) -> e.RunEvent:
    nothing: dict[str, Any] = dict.fromkeys(names)
    return replace(event, **nothing)


def read_back(event: e.RunEvent) -> e.RunEvent | None:
    columns, data = codec.encode(event)
    row = {
        name: columns.get(name) for name in codec.COLUMNS
    }  # a journal row has every column, those of other kinds empty
    return codec.decode(event.kind, row, data)


@pytest.mark.parametrize("kind", e.KINDS.values(), ids=lambda kind: kind.kind)
def test_an_event_read_back_says_the_same_whichever_of_its_optional_values_are_there(
    kind: type[e.RunEvent],
) -> None:
    whole = full(EXAMPLES[kind])
    for absent in itertools.chain.from_iterable(
        itertools.combinations(optional(kind), n) for n in range(len(optional(kind)) + 1)
    ):
        event = without(whole, absent)
        back = read_back(event)
        assert back == event
        assert [type(getattr(back, f.name)) for f in fields(kind)] == [
            type(getattr(event, f.name)) for f in fields(kind)
        ]


@pytest.mark.parametrize("kind", e.KINDS.values(), ids=lambda kind: kind.kind)
def test_the_fold_of_what_was_read_back_is_the_live_state(kind: type[e.RunEvent]) -> None:
    state = a_run(next(status for status, known in MOVES if known is kind))
    if kind in (e.RunExtended, e.RunContinued):  # which happen after some ends only
        state = replace(state, stop_reason=StopReason.BUDGET_EXCEEDED)
    for event in (EXAMPLES[kind], without(EXAMPLES[kind], optional(kind))):
        back = read_back(event)
        assert back is not None
        assert fold(state, back) == fold(state, event)


def test_a_field_younger_than_its_row_keeps_its_default() -> None:
    columns, data = codec.encode(leased())
    assert (
        codec.decode(
            "run.leased",
            columns,
            {name: value for name, value in data.items() if name != "overhead"},
        )
        == leased()
    )


def test_a_judge_without_a_known_price_is_as_unknown_after_another_lease() -> None:
    inquiry = Inquiry("judge:probe", 1, 3, {}, "task", "question", 10, 1.0)
    [answered] = outcomes.after_judge(
        running(),
        inquiry,
        PlannerError(PlannerFault.MALFORMED, "odd", usage=Usage(5, 1, None)),
        START,
        0.1,
    )
    journal = [created(), leased(), answered]
    back = [read_back(event) for event in journal]
    assert folded(journal).usd_unknown
    assert folded([event for event in back if event is not None]) == folded(journal)


def test_a_stop_keeps_its_reason() -> None:
    for reason in set(StopReason) - {StopReason.COMPLETED, StopReason.USER_PAUSED}:
        assert read_back(e.RunStopped(at=START, reason=reason)) == e.RunStopped(
            at=START, reason=reason
        )
