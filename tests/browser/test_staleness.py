"""A page that hears nothing, or whose reader was signed out, says so and how old it is; no failed
request is forgotten.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from runs.models import Run
from tests.browser.axe import seen_by_axe
from tests.browser.conftest import Opener
from tests.browser.test_fleet_live import live, told
from tests.pages.lives import Life, life, running
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
BEAT = json.dumps({"beat": "2026-11-20T09:46:05Z", "every": 1, "feed": "up"})


@pytest.fixture(autouse=True)
def _failures(provoked: list[str]) -> None:
    provoked += [
        "status of 401",
        "Error Code 401",
        "status of 500",
        "ERR_FAILED",
        "htmx:sendError",
        "htmx:afterRequest",
    ]


@dataclass
class Feed:
    """Says that it is there, on whichever line is dialled, unless it is `silent`."""

    lines: list[WebSocketRoute] = field(default_factory=list)
    silent: bool = False

    def answer(self, line: WebSocketRoute) -> None:
        self.lines.append(line)
        if not self.silent:
            line.send(BEAT)

    def back(self) -> None:
        self.silent = False
        self.lines[-1].send(BEAT)


@pytest.fixture
def feed(page: Page) -> Feed:
    page.clock.install()
    feed = Feed()
    page.route_web_socket("**/live/", feed.answer)
    return feed


def test_no_contact_is_said_within_three_seconds_with_the_age_of_what_is_seen(
    opened: Opener, otto: User, feed: Feed
) -> None:
    one = running(otto)
    page = live(opened("/"))
    feed.silent = True
    page.clock.run_for(3_100)
    expect(page.locator("#feed")).to_have_text("No contact")
    expect(page.locator("#stale")).to_contain_text("what you see is from 09:46:05 UTC")
    expect(page.locator("body")).to_have_attribute("data-stale", "")
    counter = page.locator(f"#run-{one.run.pk} .c-age time")
    before = counter.inner_text()
    page.clock.run_for(25_000)
    expect(page.locator("#stale")).to_contain_text("No contact for 28 s")
    assert counter.inner_text() == before
    feed.back()
    page.clock.run_for(600)
    expect(page.locator("#feed")).to_have_text("Live")
    expect(page.locator("#stale")).to_have_count(0)
    expect(page.locator("body[data-stale]")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/runs/{run}/"])
def test_what_is_old_can_still_be_read(
    opened: Opener, otto: User, feed: Feed, path: str, theme: Literal["light", "dark"]
) -> None:
    one = running(otto)
    page = live(opened(path.format(run=one.run.pk)))
    page.emulate_media(color_scheme=theme)
    feed.silent = True
    page.clock.run_for(3_100)
    expect(page.locator("body")).to_have_attribute("data-stale", "")
    page.clock.resume()
    assert seen_by_axe(page) == []


@pytest.mark.parametrize("path", ["/", "/runs/{run}/", "/approvals/"])
def test_whoever_is_signed_out_elsewhere_is_told_and_the_word_stays(
    opened: Opener, page: Page, otto: User, path: str
) -> None:
    page.clock.install()
    one = running(otto)
    live(opened(path.format(run=one.run.pk), "approver"))
    Session.objects.all().delete()
    expect(page.locator("#feed")).to_have_text("Signed out")
    expect(page.locator("#stale")).to_contain_text("Signed out: what you see is from")
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute(
        "href", "/signin/?next=" + page.evaluate("encodeURIComponent(location.pathname)")
    )
    page.clock.run_for(30_000)
    expect(page.locator("#feed")).to_have_text("Signed out")


@pytest.mark.parametrize("key", ["h", "x", "p"])
def test_no_part_of_the_door_is_ever_put_into_a_page(opened: Opener, otto: User, key: str) -> None:
    one = running(otto)
    page = live(opened(f"/runs/{one.run.pk}/"))
    page.route_web_socket("**/live/", lambda _: None)
    Session.objects.all().delete()
    with page.expect_response(lambda answer: answer.status == 401):
        page.keyboard.press(key)
    expect(page.locator("#feed")).to_have_text("Signed out")
    assert page.locator("input[type=password]").count() == 0
    expect(page.locator("#toasts")).to_contain_text("You are signed out. Nothing was changed.")
    assert Run.objects.get(pk=one.run.pk).control == ""


@pytest.mark.parametrize(
    "path", ["/fleet/rows/", "/approvals/count/", "/approvals/rows/", "/policies/halt/banner/"]
)
def test_a_request_of_a_page_whose_reader_is_signed_out_is_answered_without_the_door(
    otto: User, path: str
) -> None:
    client = signed_in("operator")
    client.logout()
    for headers in ({"HX-Request": "true"}, {"X-Requested-With": "fetch"}):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, b"<form" in answer.content) == (401, False)
    assert client.get(path).status_code == 302


Failure = Callable[[Route], None]
FAILURES: dict[str, Failure] = {
    "network": lambda route: route.abort(),
    "500": lambda route: route.fulfill(status=500, body="oh"),
    "elsewhere": lambda route: route.fulfill(status=302, headers={"location": "/health/"}),
}


def happened(one: Life) -> Run:
    one.answer("search_kb", "2.0", "found")
    one.complete()
    return told(one)


@pytest.mark.usefixtures("intercepted")
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    ("path", "part", "done"),
    [
        ("/", "**/fleet/rows/**", "#run-{run} .c-status"),
        ("/runs/{run}/", "**/since/**", "#head .pill"),
    ],
)
def test_what_could_not_be_fetched_is_called_stale_and_asked_for_again(
    opened: Opener, otto: User, page: Page, path: str, part: str, done: str, failure: str
) -> None:
    page.on("console", lambda _: None)
    one = running(otto)
    live(opened(path.format(run=one.run.pk)))
    page.route(part, FAILURES[failure])
    happened(one)
    expect(page.locator("#feed")).to_have_text("Stale")
    expect(page.locator("#stale")).to_contain_text("could not be fetched")
    expect(page.locator(done.format(run=one.run.pk))).not_to_have_text("Completed")
    page.unroute(part)
    expect(page.locator(done.format(run=one.run.pk))).to_have_text("Completed")
    expect(page.locator("#feed")).to_have_text("Live")
    expect(page.locator("#stale")).to_have_count(0)


@pytest.mark.usefixtures("intercepted")
def test_the_count_of_what_needs_a_person_is_asked_for_again(
    opened: Opener, otto: User, page: Page
) -> None:
    live(opened("/"))
    page.route("**/approvals/count/", FAILURES["network"])
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('live:gap', { detail: { why: 'x', runs: null } }))"
    )
    expect(page.locator("#feed")).to_have_text("Stale")
    page.unroute("**/approvals/count/")
    expect(page.locator("#feed")).to_have_text("Live")


@pytest.mark.usefixtures("intercepted")
def test_a_request_that_got_no_answer_is_not_said_to_have_changed_nothing(
    opened: Opener, otto: User, page: Page
) -> None:
    one = running(otto)
    live(opened(f"/runs/{one.run.pk}/"))
    page.route("**/pause/", FAILURES["network"])
    page.keyboard.press("p")
    toast = page.locator("#toasts [data-toast]")
    expect(toast).to_contain_text("Nobody can tell from here whether your request arrived")
    expect(toast).not_to_contain_text("Nothing was changed")
    expect(toast.locator("svg")).to_have_count(2)
    page.unroute("**/pause/")
    page.keyboard.press("p")
    expect(page.locator("main")).to_contain_text("Pause requested")
    expect(toast.filter(has_text="Nobody can tell")).to_have_count(0)


def test_a_toast_goes_when_what_it_announces_is_past(opened: Opener, otto: User) -> None:
    one = life(otto)
    one.lease()
    one.written()
    page = live(opened(f"/runs/{one.run.pk}/"))
    page.keyboard.press("p")
    expect(page.locator("#toasts")).to_contain_text("Pause requested")
    one.run.refresh_from_db()
    page.evaluate(
        "document.querySelector('#head [data-cell=pill]').textContent = 'Paused';"
        " document.dispatchEvent(new Event('patched'))"
    )
    expect(page.locator("#toasts [data-toast]")).to_have_count(0, timeout=2_000)
