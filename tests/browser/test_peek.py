"""A glance at a run from the fleet, which stays where it is."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.test_fleet_live import live, told
from tests.pages.lives import life

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_key_shows_how_a_run_stands_and_goes_on_showing_it(opened: Opener, otto: User) -> None:
    one = life(otto, "Refund the lamp")
    one.lease()
    one.step("get_order", {"order": 1042}, {"total": 180})
    one.written()
    page = live(opened("/"))
    fleet = page.url
    page.keyboard.press("j")
    page.keyboard.press("o")
    panel = page.get_by_role("dialog", name="Refund the lamp")
    expect(panel).to_contain_text("get_order")
    expect(panel.get_by_role("link", name="Open")).to_be_focused()
    one.step("send_email", {"to": "anna@example.com"}, {"sent": True})
    told(one)
    expect(panel).to_contain_text("send_email")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).to_have_url(fleet)
    page.keyboard.press("o")
    expect(panel).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{fleet}runs/{one.run.pk}/")


@pytest.mark.parametrize("size", [(1280, 720), (390, 844), (320, 640)])
def test_it_fits_every_window(opened: Opener, otto: User, size: tuple[int, int]) -> None:
    one = life(otto, "Refund the lamp " * 20)
    one.lease()
    for number in range(9):
        one.step("get_order", {"order": number}, {"total": 180})
    one.written()
    page = opened("/")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.locator(f"#run-{one.run.pk} [data-key=o]").dispatch_event("click")
    panel = page.locator("dialog.peek[open]")
    expect(panel.locator("tbody tr")).to_have_count(8)
    box = panel.bounding_box()
    assert box is not None
    assert (box["x"] + box["width"], box["height"]) == (size[0], size[1])
    expect(panel.get_by_role("link", name="Open")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_viewer_reads_no_tool_in_it(opened: Opener, otto: User) -> None:
    one = life(otto, "Refund the lamp")
    one.lease()
    one.step("charge_card", {"order": 1042}, {"total": 180})
    one.written()
    page = opened("/", "viewer")
    page.locator(f"#run-{one.run.pk} [data-key=o]").dispatch_event("click")
    panel = page.locator("dialog.peek[open]")
    expect(panel).to_contain_text("Refund the lamp")
    expect(panel).not_to_contain_text("charge_card")
