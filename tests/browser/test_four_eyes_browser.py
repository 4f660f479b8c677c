"""The whole story of a change that takes two, in a real browser: one person proposes it, the other
confirms it, and it is in force.
"""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, expect

from console.stack.processes import Running
from policies.budgets.models import Budget
from tests.browser.conftest import Opener
from tests.policies.second_people import client, staff, switch_on

pytestmark = pytest.mark.django_db(transaction=True)


def become(context: BrowserContext, web: Running, who: User) -> None:
    """Sign the browser in as somebody else from now on."""
    key = str(client(who).session.session_key)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": web.url}])


def test_one_proposes_a_raise_and_another_confirms_it(
    opened: Opener, context: BrowserContext, web: Running, otto: User
) -> None:
    switch_on("budget")
    anna, bert = staff("anna"), staff("bert")
    row = Budget.objects.create(name="house-week", amount=10, action="pause")
    page = opened("/health/")
    become(context, web, anna)
    page.goto(f"{web.url}/admin/policies/budget/{row.pk}/change/")
    page.get_by_label("Amount").fill("50")
    page.get_by_label("Why", exact=True).fill("a sale until Friday")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="What becomes wider")).to_be_visible()
    expect(page.get_by_role("row", name="at most")).to_contain_text("$10.00")
    expect(page.get_by_text("You proposed this change")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    become(context, web, bert)
    page.goto(f"{web.url}/policies/")
    page.get_by_role("link", name="1 change for a second person").click()
    page.get_by_role("link", name="Budget house-week").click()
    expect(page.get_by_text("a sale until Friday")).to_be_visible()
    page.get_by_label("Note").fill("agreed")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Confirmed: it is in force.")).to_be_visible()
    row.refresh_from_db()
    assert row.amount == 50
