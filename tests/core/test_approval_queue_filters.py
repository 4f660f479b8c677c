"""Where a page of the queue of approvals ends, what narrows it, and its tabs."""

from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.request_vocabulary import RequestStatus
from approvals.selectors import queue
from approvals.selectors.filters import AGES, RISKS, VIEWS, QueueFilters
from tests.core.asked_requests import NOW, request

# where a page of the queue ends


def test_the_next_page_begins_behind_the_last_row() -> None:
    last = request(due=NOW + timedelta(microseconds=1))
    found = queue.behind(QueueFilters(after=queue.cursor(last)))
    assert found == Q(due__gte=last.due) & (Q(due__gt=last.due) | Q(id__gt=41))


def test_what_has_ended_is_walked_from_the_newest_on() -> None:
    last = request(status=RequestStatus.CLOSED, ended_at=NOW)
    found = queue.behind(QueueFilters(view="expired", after=queue.cursor(last)))
    assert found == Q(ended_at__lte=NOW) & (Q(ended_at__lt=NOW) | Q(id__lt=41))


@pytest.mark.parametrize("after", ["", "x", "1", "1~", "1~2~3", f"{10**30}~1", "~"])
def test_a_spoilt_place_is_the_first_page(after: str) -> None:
    assert queue.behind(QueueFilters(after=after)) == Q()


# its filters

texts = st.text(max_size=260)


@given(
    st.dictionaries(
        st.sampled_from(["view", "agent", "tool", "risk", "age", "group", "after"]), texts
    )
)
def test_any_address_is_read_and_reads_the_same_again(query: dict[str, str]) -> None:
    found = QueueFilters.read(query)
    assert found.view in VIEWS
    assert found.risk in {"", *RISKS}
    assert found.age in {"", *AGES}
    again = QueueFilters.read(dict(parse_qsl(found.query(), errors="surrogatepass")))
    assert QueueFilters.read(dict(parse_qsl(again.query(), errors="surrogatepass"))) == again


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_tab_leads_to_itself(view: str) -> None:
    assert QueueFilters.read(dict(parse_qsl(QueueFilters(view=view).query()))).view == view


@pytest.mark.parametrize(
    ("filters", "narrowed"),
    [
        (QueueFilters(view="decided"), False),
        (QueueFilters(after="1~2"), False),
        (QueueFilters(agent="refund-desk"), True),
        (QueueFilters(tool="issue_refund"), True),
        (QueueFilters(risk="tainted"), True),
        (QueueFilters(age="1h"), True),
        (QueueFilters(group="approver"), True),
    ],
)
def test_a_tab_or_a_place_does_not_narrow_the_queue(filters: QueueFilters, narrowed: bool) -> None:
    assert filters.narrowed is narrowed


def test_only_what_needs_action_is_counted() -> None:
    tabs = queue.tabs(QueueFilters(view="decided"), 1234)
    assert [(tab.word, tab.count, tab.here) for tab in tabs] == [
        ("Needs action", "1,000+", False),
        ("Decided", "", True),
        ("Expired or closed", "", False),
    ]


def test_whoever_decides_has_what_others_are_asked_apart() -> None:
    tabs = queue.tabs(QueueFilters(view="others"), 2, decides=True)
    assert [(tab.word, tab.count, tab.here) for tab in tabs[:2]] == [
        ("Needs action", "2", False),
        ("With others", "", True),
    ]
