"""Nobody is told what is not theirs to read: a word is planted in every kind of text that the
console holds, and the pages, fragments, searches, exports and answers to programs are crawled.
"""

from collections.abc import Iterator

import pytest

from runs.models import Run
from tests.doors import crawl, measured, planting

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    with measured.quietly_here(), planting.house():
        yield planting.planted()


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_nobody_is_told_what_is_not_theirs(runs: list[Run], role: str) -> None:
    (one,) = crawl.crawling([role])
    measured.crawled(one, runs)
    assert len(one.seen) > 80
    assert sorted(set(one.leaks)) == []


def test_a_leak_that_is_made_on_purpose_is_found(runs: list[Run]) -> None:
    assert measured.planted_leak(runs) == 1


def test_a_letter_tells_no_more_than_the_request_that_it_is_about(runs: list[Run]) -> None:
    assert list(crawl.mailed()) == []
