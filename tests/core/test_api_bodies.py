"""What a program may send: one JSON object, each key once, nothing that no table can hold."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.api import bodies, rate
from console.doors import api_errors
from console.doors.api_errors import ApiError
from runs.starting import with_inputs

JSON = "application/json"
PLAIN = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=10,
)


def refused(raw: bytes, kind: str = JSON) -> ApiError:
    with pytest.raises(ApiError) as caught:
        bodies.read(raw, kind)
    return caught.value


@given(st.dictionaries(PLAIN, VALUES, max_size=4))
def test_what_json_can_say_is_read_as_it_was_meant(body: dict[str, Any]) -> None:
    assert bodies.read(json.dumps(body).encode(), JSON) == body


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_400(raw: bytes) -> None:
    found = outcome(raw)
    assert isinstance(found, dict) or found == 400


def outcome(raw: bytes) -> dict[str, Any] | int:
    try:
        return bodies.read(raw, JSON)
    except ApiError as error:
        return error.status


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": "\\ud800"}', "half of a character"),
        (b'{"a": {"b": ["\\udfff"]}}', "half of a character"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": {"b": 1, "b": 1}}', "twice"),
        (b"[1]", "not one JSON object"),
        (b"\xff\xfe", "byte 0"),
        (b"{", "line 1"),
        (b"[" * 100_000, "nested"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "digits"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_a_sentence(raw: bytes, sentence: str) -> None:
    error = refused(raw)
    assert error.status == 400
    assert sentence in error.message


@pytest.mark.parametrize("deep", [10, 300, 600, 800, 900, 950, 990, 2_000])
def test_no_depth_of_nesting_is_an_error_of_ours(deep: int) -> None:
    """What the parser still takes, the walk over it may not be able to follow."""
    found = outcome(b'{"a": ' + b"[" * deep + b"]" * deep + b"}")
    assert isinstance(found, dict) or found == 400


@pytest.mark.parametrize("text", ["", "x", "NaN", "sNaN", "Infinity", "-inf"])
def test_what_is_no_amount_equals_none(text: str) -> None:
    assert bodies.amount(text) is None
    assert bodies.amount("0.50") == Decimal("0.5")


def test_a_body_that_is_too_large_is_not_even_parsed() -> None:
    assert refused(b"{" * (bodies.MOST_BYTES + 1)).status == 413


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "text/plain"])
def test_a_form_is_not_json(kind: str) -> None:
    """A page of somebody else can send a form, and no JSON, without being asked first."""
    assert JSON in refused(b'{"goal": "x"}', kind).message


def test_nothing_is_an_empty_object_whatever_its_type() -> None:
    assert bodies.read(b"", "") == {}


def test_a_refusal_never_repeats_what_was_sent() -> None:
    assert "hunter2" not in refused(b'{"key": "hunter2').message


def wanted(**body: Any) -> bodies.StartWanted:
    return bodies.start_wanted(body)


def test_limits_become_what_a_form_takes() -> None:
    limits = {"steps": 5, "usd": Decimal("0.25"), "seconds": None}
    assert wanted(agent="a", goal="g", limits=limits).limits == {"steps": "5", "usd": "0.25"}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"agents": "a"}, "agents"),
        ({"limits": {"step": 5}}, "step"),
        ({"limits": [5]}, "limits"),
        ({"limits": {"steps": "5"}}, "whole number"),
        ({"limits": {"steps": True}}, "whole number"),
        ({"limits": {"steps": Decimal("5.5")}}, "whole number"),
        ({"limits": {"usd": [1]}}, "number"),
        ({"goal": 7}, "goal"),
        ({"inputs": {"a": 1}}, "inputs"),
    ],
)
def test_a_field_that_means_nothing_is_never_left_out_in_silence(
    body: dict[str, Any], word: str
) -> None:
    with pytest.raises(ApiError, match=word):
        bodies.start_wanted(body)


def test_a_reason_is_short_and_alone() -> None:
    assert bodies.note({"reason": "  wrong order "}) == "wrong order"
    for body in ({"reason": "x" * 501}, {"why": "x"}, {"reason": 1}):
        with pytest.raises(ApiError):
            bodies.note(body)


@given(st.dictionaries(st.from_regex(r"\A[a-z]{1,5}\Z"), PLAIN, max_size=4))
def test_no_input_can_pass_for_another(inputs: dict[str, str]) -> None:
    goal = with_inputs("Refund", inputs)
    lines = goal.split("\n")[3:] if inputs else []
    assert {
        name: json.loads(value) for name, value in (each.split(" = ", 1) for each in lines)
    } == (inputs)


def test_every_error_has_one_form() -> None:
    for status in (*api_errors.CODES, 410, 418):
        error = api_errors.body(status)["error"]
        assert set(error) == {"code", "message"}
        assert re.fullmatch(r"[a-z_]+", error["code"])
        assert error["message"]


NOW = datetime(2026, 11, 20, tzinfo=UTC)


@given(st.timedeltas(timedelta(), timedelta(hours=1)))
def test_whoever_waits_as_long_as_they_are_told_is_taken(ahead: timedelta) -> None:
    """One second less would be too early for whoever is far enough ahead."""
    ready = NOW + rate.AHEAD + ahead
    wait = rate.retry_after(ready, NOW)
    assert wait >= 1
    assert ready - (NOW + timedelta(seconds=wait)) <= rate.AHEAD
    assert wait == 1 or ready - (NOW + timedelta(seconds=wait - 1)) > rate.AHEAD
