"""The documentation can be read on a desk and on a phone, and its headings can be pointed at."""

import pytest
from playwright.sync_api import expect

from console.docs import contents
from tests.browser.conftest import Opener

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_page_is_wider_than_its_window(opened: Opener) -> None:
    page = opened("/docs/")
    for each in contents.PAGES:
        page.goto(page.url.split("/docs/")[0] + f"/docs/{each.slug}/")
        for width in (1280, 820, 390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (each.slug, width)


def test_on_a_phone_the_headings_fold_away_and_lead_to_their_places(opened: Opener) -> None:
    page = opened("/docs/architecture/")
    page.set_viewport_size({"width": 390, "height": 844})
    heading = page.get_by_role("heading", name="How a kill goes")
    expect(heading).not_to_be_in_viewport()
    page.locator(".doc-fold summary").click()
    page.locator(".doc-fold").get_by_role("link", name="How a kill goes").click()
    expect(heading).to_be_in_viewport()
