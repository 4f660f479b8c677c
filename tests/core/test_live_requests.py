"""What a browser may say on the live socket, and what it is told when it says anything else."""

import contextlib
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.live import requests

RUN = str(UUID(int=7))


def asked(**body: object) -> requests.WatchRequest:
    return requests.parse(json.dumps(body))


def test_a_page_asks_for_topics_with_what_it_has_seen() -> None:
    watch = asked(watch=["fleet", f"run:{RUN}"], since={RUN: 12}, at="2026-11-20T13:00:00Z")
    assert watch.topics == {"fleet", f"run:{RUN}"}
    assert watch.since == {RUN: 12}
    assert watch.at == datetime(2026, 11, 20, 13, tzinfo=UTC)


def test_a_runs_id_may_be_written_in_capitals() -> None:
    assert asked(watch=[f"run:{RUN.upper()}"]).topics == {f"run:{RUN}"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "null",
        "[]",
        "7",
        "{}",
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"watch": "fleet"}',
        '{"watch": [1]}',
        '{"watch": [null, {}]}',
        '{"watch": ["run:"]}',
        '{"watch": ["run:\\ud800"]}',
        '{"watch": ["orders"]}',
        '{"watch": [], "kill": "now"}',
        '{"kill": "now"}',
        '{"watch": [], "since": []}',
        '{"watch": [], "since": {"x": 1}}',
        f'{{"watch": [], "since": {{"{RUN}": -1}}}}',
        f'{{"watch": [], "since": {{"{RUN}": 1.5}}}}',
        f'{{"watch": [], "since": {{"{RUN}": NaN}}}}',
        f'{{"watch": [], "since": {{"{RUN}": true}}}}',
        f'{{"watch": [], "since": {{"{RUN}": {10**30}}}}}',
        f'{{"watch": [], "since": {{"{RUN}": {"9" * 5000}}}}}',
        '{"watch": [], "at": "yesterday"}',
        '{"watch": [], "at": 7}',
        '{"watch": [], "at": "2026-11-20T13:00:00"}',
        json.dumps({"watch": ["fleet"] * 65}),
        json.dumps({"watch": [], "since": {str(UUID(int=n)): 1 for n in range(1001)}}),
        "x" * (requests.MOST_BYTES + 1),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(requests.BadMessage) as refused:
        requests.parse(text)
    assert refused.value.sentence.endswith(".")


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    with pytest.raises(requests.BadMessage):
        requests.parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
SHAPES = [
    "{}",
    '{{"watch": {}}}',
    '{{"watch": [{}]}}',
    '{{"watch": [], "since": {}}}',
    '{{"watch": [], "at": {}}}',
]


@given(JSON, st.sampled_from(SHAPES))
def test_no_json_breaks_the_parser(value: object, shape: str) -> None:
    with contextlib.suppress(requests.BadMessage):
        assert isinstance(requests.parse(shape.format(json.dumps(value))), requests.WatchRequest)


def test_ten_messages_in_ten_seconds_are_enough() -> None:
    allowance = requests.MessageRate()
    assert all(allowance.spend(0.1 * number) for number in range(10))
    assert not allowance.spend(5.0)
    assert allowance.spend(10.05)
