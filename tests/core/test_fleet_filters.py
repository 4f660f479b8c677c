"""The fleet's filters, as the URL has them: what is not understood is left out, never an error."""

from datetime import UTC, datetime
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.vocabulary import FINAL, RunStatus, StopReason
from runs.models import Run
from runs.reading import fleet
from runs.reading.fleet import FleetFilters

queries = st.dictionaries(
    st.sampled_from(["view", "agent", "q", "mine", "before", "x"]), st.text(max_size=300)
)


def test_nothing_asked_for_is_everything() -> None:
    found = FleetFilters.read({})
    assert found == FleetFilters()
    assert found.narrowed is False
    assert found.query() == "?"


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        ({"view": "paused"}, FleetFilters(view="paused")),
        ({"view": "no such tab"}, FleetFilters()),
        ({"agent": "a" * 100}, FleetFilters(agent="a" * 80)),
        ({"q": "  order\0 1042 "}, FleetFilters(text="order 1042")),
        ({"q": "x" * 500}, FleetFilters(text="x" * 200)),
        ({"mine": "1"}, FleetFilters(mine=True)),
        ({"mine": "true"}, FleetFilters()),
        ({"before": "b" * 100}, FleetFilters(before="b" * 80)),
    ],
)
def test_each_filter_is_bounded_and_unknown_ones_are_left_out(
    query: dict[str, str], filters: FleetFilters
) -> None:
    assert FleetFilters.read(query) == filters


@given(queries)
def test_any_query_string_is_read_and_reads_the_same_again(query: dict[str, str]) -> None:
    found = FleetFilters.read(query)
    again = {name: values[0] for name, values in parse_qs(found.query().removeprefix("?")).items()}
    assert FleetFilters.read(again) == FleetFilters.read({**again})
    assert "\0" not in found.text


@pytest.mark.parametrize(
    ("filters", "narrowed"),
    [
        (FleetFilters(view="bad"), True),
        (FleetFilters(agent="refund-desk"), True),
        (FleetFilters(text="x"), True),
        (FleetFilters(mine=True), True),
        (FleetFilters(before="live~1~0"), False),
    ],
)
def test_a_place_in_the_list_does_not_narrow_it(filters: FleetFilters, narrowed: bool) -> None:
    assert filters.narrowed is narrowed


def test_a_changed_filter_keeps_the_others() -> None:
    found = FleetFilters(view="bad", text="order & more", mine=True)
    assert found.query(mine=False) == "?view=bad&q=order+%26+more"
    assert found.query(view="", text="") == "?mine=1"


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
    assert fleet.cursor(before) == ("live", Q())


@pytest.mark.parametrize("status", list(RunStatus))
def test_the_place_of_a_run_leads_back_to_just_after_it(status: RunStatus) -> None:
    at = datetime(2026, 11, 20, 15, 47, 1, 234567, tzinfo=UTC)
    run = Run(id=UUID(int=7), status=status, created_at=at)
    part, place = fleet.cursor(fleet.mark(run))
    assert part == ("ended" if status in FINAL else "live")
    assert place == Q(created_at__lt=at) | Q(created_at=at, id__lt=UUID(int=7))


def test_every_tab_has_its_name_and_the_first_is_everything() -> None:
    names = [name for name, _ in fleet.VIEWS.values()]
    assert names[0] == "All"
    assert len(set(names)) == len(names)
    assert fleet.VIEWS[""][1] == Q()


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
