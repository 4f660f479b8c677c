"""The address of a list of runs: what it asks for, and what former addresses mean in it; a place in
the list, whatever is in the address.
"""

from datetime import UTC, datetime
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.vocabulary import FINAL, RunStatus, StopReason
from runs.language import grammar, query_terms
from runs.models import Run
from runs.reading import fleet
from runs.search import fleet_address
from runs.search.fleet_address import FleetAddress

queries = st.dictionaries(
    st.sampled_from(["view", "agent", "q", "mine", "before", "x"]), st.text(max_size=300)
)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, ""),
        ({"q": "  order 1042 "}, "order 1042"),
        ({"view": "paused"}, "status:paused"),
        ({"view": "bad", "q": "goes"}, "status:failed goes"),
        ({"view": "no such tab"}, ""),
        ({"agent": "refund-desk", "mine": "1"}, "agent:refund-desk principal:me"),
        ({"agent": 'a "b'}, 'agent:"a \\"b"'),
        ({"mine": "true"}, ""),
    ],
)
def test_former_addresses_ask_in_the_words_of_the_box(query: dict[str, str], text: str) -> None:
    assert FleetAddress.read(query).text == text
    assert query_terms.text_of(grammar.parse(text)) == text


@given(queries)
def test_any_address_is_read_and_reads_the_same_again(query: dict[str, str]) -> None:
    found = FleetAddress.read(query)
    again = {name: values[0] for name, values in parse_qs(found.query().removeprefix("?")).items()}
    assert FleetAddress.read(again) == found


def test_an_address_at_another_place_keeps_its_query() -> None:
    found = FleetAddress("status:failed order & more", "live~1~0")
    assert found.query(before="") == "?q=status%3Afailed+order+%26+more"
    assert found.query(text="") == "?before=live~1~0"


@pytest.mark.parametrize(
    ("text", "view", "asked"),
    [
        ("", "status:paused", "status:paused"),
        ("status:failed,live agent:x 7", "status:paused", "status:paused agent:x 7"),
        ("status:failed 7", "", "7"),
        ("-status:live 7", "status:paused", "status:paused -status:live 7"),
    ],
)
def test_a_view_takes_the_place_of_the_status_and_keeps_the_rest(
    text: str, view: str, asked: str
) -> None:
    assert fleet_address.in_view(grammar.parse(text), view) == asked


def test_every_view_is_a_query_and_the_first_is_everything() -> None:
    assert next(iter(fleet_address.VIEWS.items())) == ("All", "")
    for text in fleet_address.VIEWS.values():
        assert query_terms.text_of(grammar.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("abcd", "abcd" + "0" * 28, "abcd" + "f" * 28),
        ("ABCD-EF", "abcdef" + "0" * 26, "abcdef" + "f" * 26),
        ("0" * 32, "0" * 32, "0" * 32),
    ],
)
def test_the_beginning_of_an_id_is_a_range_of_ids(text: str, first: str, last: str) -> None:
    assert fleet.prefix_bounds(text) == (UUID(first), UUID(last))


@pytest.mark.parametrize("text", ["", "abc", "xyzw", "0" * 33, "12 34", "order 1042"])
def test_what_cannot_begin_an_id_is_no_range(text: str) -> None:
    assert fleet.prefix_bounds(text) is None


@given(st.uuids(), st.integers(4, 32))
def test_every_id_lies_in_the_range_of_its_beginning(key: UUID, size: int) -> None:
    bounds = fleet.prefix_bounds(key.hex[:size])
    assert bounds is not None
    assert bounds[0] <= key <= bounds[1]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "live",
        "live~x~y",
        "live~1~nothex",
        "a~b~c~d",
        f"live~{10**30}~{'0' * 32}",
        "~~",
        "live~1",
    ],
)
def test_a_spoilt_place_is_the_first_page(before: str) -> None:
    assert fleet.cursor(before) == ("live", fleet.PagePlace())


@pytest.mark.parametrize("status", list(RunStatus))
def test_the_place_of_a_run_leads_back_to_just_after_it(status: RunStatus) -> None:
    at = datetime(2026, 11, 20, 15, 47, 1, 234567, tzinfo=UTC)
    run = Run(id=UUID(int=7), status=status, created_at=at)
    part, place = fleet.cursor(fleet.mark(run))
    assert part == ("ended" if status in FINAL else "live")
    assert place == fleet.PagePlace(at, UUID(int=7))
    behind = Q(created_at__lt=at) | Q(id__lt=UUID(int=7))
    assert place.beyond == Q(created_at__lte=at) & behind


def test_live_and_ended_are_all_there_is() -> None:
    assert {*fleet.LIVE, *(status.value for status in FINAL)} == {each.value for each in RunStatus}


@pytest.mark.parametrize(
    "reason", [StopReason.LOOP_DETECTED, StopReason.CRASH_LOOP, StopReason.DEAD_LETTER]
)
def test_ends_that_somebody_should_look_into_are_bad(reason: StopReason) -> None:
    assert reason.value in fleet.BAD


@pytest.mark.parametrize("reason", [StopReason.COMPLETED, StopReason.USER_KILLED])
def test_ends_that_somebody_wanted_are_not(reason: StopReason) -> None:
    assert reason.value not in fleet.BAD
