"""Times in the reader's own zone: what the server says in UTC, a browser elsewhere shows as its own
with UTC beside it.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

from console.stack import places
from runs.models import McpServer
from tests.browser.conftest import Opener
from tests.pages.lives import life

pytestmark = pytest.mark.django_db(transaction=True)
LATE = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "timezone_id": "Europe/Berlin"}


def as_written(route: Route) -> None:
    name = urlsplit(route.request.url).path.rpartition("/")[2]
    route.fulfill(path=places.ROOT / "static" / "js" / name, content_type="text/javascript")


def server(**facts: Any) -> None:
    McpServer.objects.create(name="shop", command="shop-server", tried_at=LATE, **facts)


def test_a_time_is_the_readers_own_and_says_utc_when_pointed_at(opened: Opener) -> None:
    server()
    time = opened("/tools/").locator(".server-facts time")
    expect(time).to_have_text("2026-02-01 00:30 CET")
    expect(time).to_have_attribute("title", "2026-01-31 23:30 UTC")
    expect(time).to_have_attribute("datetime", "2026-01-31T23:30:00.000Z")


def test_what_came_from_outside_is_evidence_and_stays_as_it_is(opened: Opener, otto: User) -> None:
    server(trouble="It said: come back at 15:47 UTC.")
    page = opened("/tools/")
    expect(page.locator(".server-trouble")).to_have_text("It said: come back at 15:47 UTC.")
    one = life(otto, "Call me at 15:47 UTC")
    one.lease()
    one.step("look", {"at": "2026-01-31 23:30 UTC"}, {"note": "2026-01-31 23:30 UTC"})
    run = one.written()
    page.goto(f"{page.url.removesuffix('/tools/')}/runs/{run.pk}/")
    expect(page.locator(".entries")).to_contain_text("2026-01-31 23:30 UTC")
    expect(page.locator(".entries time[data-zone]")).to_have_count(0)
    expect(page.locator(".entries")).to_contain_text("Call me at 15:47 UTC")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Expires 23:30 UTC on 31 January 2026.", "Expires 00:30 CET on 1 February 2026."),
        ("Over at 10:00:05 UTC on 1 July 2020", "Over at 12:00:05 CEST on 1 July 2020"),
        ("2026-03-01 12:00:01 UTC and then", "2026-03-01 13:00:01 CET and then"),
        ("at 99:99 UTC", "at 99:99 UTC"),
        ("at 99:99 UTC, not 2020-01-01 00:00 UTC", "at 99:99 UTC, not 2020-01-01 01:00 CET"),
        ("no time at all", "no time at all"),
    ],
)
def test_what_arrives_later_is_told_in_the_same_way(opened: Opener, said: str, shown: str) -> None:
    page = opened("/health/")
    page.evaluate(
        "said => { const p = document.createElement('p'); p.id = 'late'; p.append(said);"
        " document.querySelector('main').append(p); }",
        said,
    )
    expect(page.locator("#late")).to_have_text(shown)


@pytest.mark.usefixtures("intercepted")
def test_live_pages_see_no_change_in_a_time_that_is_told_in_another_zone(opened: Opener) -> None:
    page = opened("/health/")
    page.route("**/as-written/*.js", as_written)  # pages get their modules joined into one
    found = page.evaluate(
        """async () => {
          const cells = await import("/as-written/cells.js");
          const html = '<p><span data-cell="a">at 2026-01-31 23:30 UTC</span></p>';
          const old = cells.parse(html).firstElementChild;
          document.querySelector("main").append(old);
          await new Promise((done) => setTimeout(done));
          const mine = old.querySelector("time");
          cells.patch(old, cells.parse(html).firstElementChild);
          return [mine.textContent, mine.isConnected];
        }"""
    )
    assert found == ["2026-02-01 00:30 CET", True]


def test_a_time_in_a_query_is_one_of_the_readers_own_zone(opened: Opener, otto: User) -> None:
    one = life(otto, "Refund order 7", ago=3 * 3_600)
    one.lease()
    one.complete()
    begun = one.written().created_at.astimezone(ZoneInfo("Europe/Berlin"))
    page = opened("/")
    page.goto(f"{page.url}?q=at:{begun:%Y-%m-%dT%H:%M}")
    expect(page.locator("#rows")).to_contain_text("Refund order 7")
    page.goto(f"{page.url.partition('?')[0]}?q=at:{begun:%Y-%m-%dT%H:%M}Z")
    expect(page.locator("#rows")).not_to_contain_text("Refund order 7")
