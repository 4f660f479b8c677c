"""Supervision in a real browser: criteria change as they are met, a loop is laid open as soon as it
pauses the run.
"""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.test_fleet_live import live, told
from tests.pages.lives import agent, life
from tests.pages.supervised import CRITERIA, loop

pytestmark = pytest.mark.django_db(transaction=True)


def test_criteria_and_evidence_arrive_by_themselves(opened: Opener, otto: User) -> None:
    one = life(otto, of=agent("careful", acceptance=CRITERIA))
    one.lease()
    one.written()
    page = live(opened(f"/runs/{one.run.pk}/"))
    items = page.locator("#done li")
    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("open")
    one.step("get_order", {"order": 1042})
    told(one)
    expect(items.first).to_contain_text("holds so far")
    expect(items.last).to_contain_text("The customer has not been told.")
    loop(one, first=2)
    told(one)
    expect(page.locator(".evidence mark")).to_have_count(3)
    expect(page.locator(".stop-advice")).to_contain_text("Resuming resets the loop counter")
