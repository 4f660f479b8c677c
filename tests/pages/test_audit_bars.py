"""When the events of a query happened: bars over time, each a link to the query for its own."""

import re
from urllib.parse import unquote

import pytest
from django.test import Client

from console.pages import audit
from tests.journal.ledgers import chain, record, write
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db


def bars(client: Client, query: str) -> list[tuple[str, int]]:
    """The queries that the bars over time lead to, with how many events each says it has."""
    page = client.get(f"/audit/?{query}").content.decode()
    found = re.findall(r'<a href="/audit/\?q=([^"]+)" aria-label="([\d,]+) from', page)
    return [(unquote(text), int(count.replace(",", ""))) for text, count in found]


def test_each_bar_leads_to_as_many_events_as_it_says() -> None:
    write(chain(), *(record(number) for number in range(30)))
    client = signed_in("operator")
    found = bars(client, "q=kind:call.*")
    assert sum(count for _, count in found) == 30
    for text, count in found:
        page = client.get("/audit/", {"q": text}).content.decode()
        assert f">{count} event{'' if count == 1 else 's'}</output>" in page


def test_a_later_page_or_nothing_found_has_no_bars() -> None:
    write(chain(), *(record(number) for number in range(3)))
    client = signed_in("operator")
    assert bars(client, "q=kind:call.*&before=999999999") == []
    assert bars(client, "q=kind:no.such") == []


def test_what_takes_a_look_into_each_event_is_counted_among_the_newest_of_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit, "MOST_COUNTED", 300)
    said = ("the lamp order", "order the lamp", "order a lamp")
    write(chain(), *(record(number, data={"result": said[number % 3]}) for number in range(600)))
    client = signed_in("operator")
    page = client.get("/audit/", {"q": '"lamp order"'}).content.decode()
    assert ">100+ events</output>" in page
    assert "Of the newest 100; there are more." in page
    assert ">300+ events</output>" in client.get("/audit/", {"q": "lamp"}).content.decode()
