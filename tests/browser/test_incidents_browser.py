"""The incident library in a real browser: an incident is started with its button, plays to its end,
and the page says what held.
"""

import os

import pytest
from playwright.sync_api import Page, expect

from runs.incidents import plays
from runs.incidents.incident import library
from runs.models import Run
from runs.runtime import worker_process
from tests.browser.conftest import Opener
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("INCIDENT_SHOTS", "")


def shot(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to look at it."""
    if not SHOTS:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=f"{SHOTS}/{name}-{scheme}-{width}.png")
    page.set_viewport_size({"width": 1280, "height": 800})


def over(run: Run) -> bool:
    worker_process.advance(run.pk)
    run.refresh_from_db()
    return bool(run.stop_reason)


def test_an_incident_is_started_with_its_button_and_the_page_says_that_it_held(
    opened: Opener,
) -> None:
    page = opened("/incidents/")
    expect(page.locator(".incident")).to_have_count(len(library()))
    page.get_by_role("button", name="Start The orphan order").click()
    expect(page.locator("#head .tag")).to_have_text("Incident")
    run = Run.objects.get()
    page.get_by_role("link", name="Incident", exact=True).click()
    last = page.locator("#last-orphan-order")
    expect(last.locator(".pill")).to_have_text("Running")
    shot(page, "going")
    until(lambda: over(run), "the incident did not come to its end")
    assert [each.wrong for each in plays.play_of(run).wrongs] == []
    expect(last.locator(".pill")).to_have_text("Held")
    expect(last.locator(".findings li")).to_have_count(len(library()["orphan-order"].holds))
    shot(page, "held")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.goto(page.url.partition("/incidents/")[0])
    expect(page.locator(f"#run-{run.pk} .tag")).to_have_text("Incident")
    shot(page, "fleet")
    page.goto(f"{page.url.rstrip('/')}/runs/{run.pk}/")
    shot(page, "run")
    worker_process.rest()
