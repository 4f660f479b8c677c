"""A call of which nobody knows whether it happened: what somebody needs to look it up elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from console.journal.records import JournalRecord
from runs.engine.ids import idempotency_key
from runs.engine.vocabulary import RunStatus, StopReason, Waiting
from runs.models import Run
from runs.reading import doubt

RUN = Run(id=UUID(int=7))
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def begun(call: str, kind: str = "call.intended", after: int = 0, **data: Any) -> JournalRecord:
    return JournalRecord(
        kind,
        AT + timedelta(minutes=after),
        "supervisor",
        RUN.id,
        step=3,
        tool="refund",
        data={"call": call, **data},
    )


def test_it_names_tool_arguments_time_and_the_key_that_the_call_went_out_with() -> None:
    found = doubt.of_call(RUN, [begun("3.1", args={"order": 1042, "usd": 180})])
    assert (found.call, found.tool) == ("3.1", "refund")
    assert found.args == (("order", "1042"), ("usd", "180"))
    assert found.at == "2026-11-20 15:47:00 UTC"
    assert found.key == idempotency_key(str(RUN.id), "3.1")
    assert (found.tries, found.row) == ("", "t-call-3-1")


def test_of_several_attempts_the_last_time_counts_and_the_first_arguments_hold() -> None:
    found = doubt.of_call(
        RUN,
        [
            begun("3.1", args={"order": 1042}),
            begun("3.1", "call.retried", after=1, attempt=2),
            begun("3.1", "call.retried", after=2, attempt=3),
        ],
    )
    assert found.args == (("order", "1042"),)
    assert found.at == "2026-11-20 15:49:00 UTC"
    assert (found.tries, found.row) == ("3rd attempt", "t-call-3-1-3")


def test_another_calls_attempts_are_not_its_own() -> None:
    found = doubt.of_call(RUN, [begun("2.1", args={"order": 1}), begun("3.1", args={"order": 2})])
    assert (found.call, found.args, found.tries) == ("3.1", (("order", "2"),), "")


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (None, ()),
        ({}, ()),
        ("", ()),
        ("order=1042", (("arguments", "order=1042"),)),
        (["a", 1], (("arguments", '["a", 1]'),)),
        ({"text": "two\n  lines"}, (("text", "two lines"),)),
        ({"nested": {"a": [1]}}, (("nested", '{"a": [1]}'),)),
    ],
)
def test_arguments_of_any_shape_are_shown(args: Any, shown: tuple[tuple[str, str], ...]) -> None:
    assert doubt.arguments(args) == shown


def test_a_very_long_argument_is_shown_by_its_beginning() -> None:
    [(_, text)] = doubt.arguments({"body": "x" * 5000})
    assert len(text) == 400
    assert text.endswith("…")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("   ", None),
        ("null", None),
        ('{"refund_id": "re_7"}', {"refund_id": "re_7"}),
        ("re_7", "re_7"),
        ("  re_7 \n", "re_7"),
        ("[1, 2]", "[1, 2]"),
        ("1042", "1042"),
        ('{"refund_id": ', '{"refund_id":'),
        ("NaN", "NaN"),
        ('{"paid": NaN}', '{"paid": NaN}'),
        ('{"paid": 1e999}', '{"paid": 1e999}'),
        ('{"id": "\\u0000"}', '{"id": "\\u0000"}'),
        ('{"id": "\\ud800"}', '{"id": "\\ud800"}'),
        ('{"$spilled": "x"}', '{"$spilled": "x"}'),
        ("re_\x007", "re_␀7"),
        ("[" * 9_000, "[" * 9_000),
        ('{"a":' * 2_000 + "1" + "}" * 2_000, '{"a":' * 2_000 + "1" + "}" * 2_000),
    ],
)
def test_what_somebody_found_is_an_object_where_it_is_one_and_text_otherwise(
    text: str, value: Any
) -> None:
    assert doubt.came_back(text) == value


@pytest.mark.parametrize(
    ("facts", "stands"),
    [
        ({"status": RunStatus.WAITING, "waiting_for": Waiting.IN_DOUBT}, True),
        ({"status": RunStatus.COMPENSATING, "waiting_for": Waiting.IN_DOUBT}, True),
        ({"status": RunStatus.WAITING, "waiting_for": Waiting.APPROVAL}, False),
        ({"status": RunStatus.RUNNING}, False),
        ({"status": RunStatus.STOPPED, "stop_reason": StopReason.KILLED_IN_DOUBT}, True),
        (
            {
                "status": RunStatus.STOPPED,
                "stop_reason": StopReason.USER_KILLED,
                "waiting_for": Waiting.IN_DOUBT,
            },
            False,
        ),
    ],
)
def test_a_doubt_stands_while_somebody_has_to_say(facts: dict[str, Any], stands: bool) -> None:
    assert doubt.stands(Run(**facts)) is stands
