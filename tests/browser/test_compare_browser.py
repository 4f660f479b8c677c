"""Two runs are put beside each other in a browser that runs no script: chosen on the page of one,
and followed to where they part.
"""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect

from console.stack.processes import Running
from runs.models import Agent, Run
from tests.browser.conftest import MILLISECONDS
from tests.pages.lives import agent, life
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def lived(who: User, of: Agent, amount: float) -> Run:
    one = life(who, "Refund the damaged parcel of order 1042", of=of)
    one.lease()
    for page in range(12):
        one.step("search", {"page": page, "words": "damaged parcel"}, f"result {page}")
    one.step("issue_refund", {"order": 1042, "amount": amount}, "paid back")
    one.step(
        "send_email", {"to": "anna@example.com", "text": f"${amount} are on their way"}, "sent"
    )
    one.complete(f"Paid back ${amount}.")
    return one.written()


def test_two_runs_are_chosen_and_followed_to_where_they_part_without_a_script(
    browser: Browser, web: Running, otto: User
) -> None:
    of = agent()
    before, run = lived(otto, of, 12.5), lived(otto, of, 125.0)
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(MILLISECONDS)
    key = str(signed_in("operator").session.session_key)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": web.url}])
    page = context.new_page()
    page.goto(f"{web.url}/runs/{run.pk}/")
    page.get_by_role("link", name="Compare…").click()
    page.get_by_role("link", name="Refund the damaged parcel").click()
    expect(page.get_by_role("row", name="12 calls, from this one on")).to_be_visible()
    page.get_by_role("link", name="Where they part").click()
    parts = page.get_by_role("row", name="They part here")
    expect(parts).to_be_in_viewport()
    expect(parts.locator("mark")).to_have_text(["125.0", "12.5"])
    page.get_by_role("link", name="Swap sides").click()
    expect(parts.locator("mark")).to_have_text(["12.5", "125.0"])
    parts.get_by_role("link").first.click()
    expect(page).to_have_url(f"{web.url}/runs/{before.pk}/#step-13")
    context.close()
