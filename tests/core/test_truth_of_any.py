"""Whatever came back gets a verdict with a sentence, at a cost that is bounded."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.truth import assessment
from policies.verdicts import Meaning, Verdict


def judged(result: Any, tool: str = "do_thing", **facts: Any) -> Meaning:
    return assessment.judge(assessment.CallSeen(tool, result, **facts))


def verdict(result: Any, tool: str = "do_thing", **facts: Any) -> Verdict:
    return judged(result, tool, **facts).verdict


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "status", "message", "id", "data", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(ANY_JSON)
def test_any_json_gets_a_verdict_with_a_sentence(value: Any) -> None:
    told = judged(value)
    assert told.sentence
    assert told.rule
    assert told == judged(value)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}[]()'\"\\:,ae \n\tError1"), max_size=200))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert judged(text).sentence


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        '{"a":',
        '"',
        "'",
        "a: ",
        "not ",
        "error ",
        "\\'",
        " ",
        "\n",
        "2024-01-01 ERROR x\n",
        "x.y/",
        "no a b c ",
    ],
    ids=repr,
)
def test_a_body_of_any_size_is_judged_by_its_ends_alone(unit: str) -> None:
    small, large = unit * (40_000 // len(unit)), unit * (4_000_000 // len(unit))
    assert judged(large).verdict == judged(small).verdict


def test_an_error_at_the_end_of_a_long_output_is_seen() -> None:
    long = (
        "line of output\n" * 50_000
        + 'Traceback (most recent call last):\n  File "a.py", line 3\nKeyError: 1\n'
    )
    assert verdict(long, "run_code") is Verdict.FAILED


def test_a_long_json_text_is_judged_by_its_first_fields() -> None:
    rows = [{"n": number} for number in range(5000)]
    assert verdict(json.dumps({"rows": rows, "ok": True})) is Verdict.SUCCEEDED
    assert verdict(json.dumps({"error": "the list is stale", "rows": rows})) is Verdict.FAILED
