"""Passkeys, made and used in a real browser, with an authenticator that is Chromium's own and
virtual.
"""

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from playwright.sync_api import BrowserContext, Page, expect

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.stack.processes import Running
from tests.pages.people import person

pytestmark = pytest.mark.django_db(transaction=True)
KEEPS_AND_ASKS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def laptop(context: BrowserContext, page: Page) -> Iterator[Page]:
    """A page whose device keeps passkeys and knows who is before it."""
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEEPS_AND_ASKS})
    yield page
    cdp.detach()


def with_password(page: Page, home: str) -> None:
    page.goto(f"{home}/signin/?next=/account/")
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in", exact=True).click()


def make(page: Page, home: str) -> None:
    with_password(page, home)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("this laptop")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def ways() -> list[str]:
    return [
        str(each.record.data["by"])
        for each in journal.read(connection, HOUSE_KEY)
        if each.record.kind == "auth.signed_in"
    ]


def test_a_passkey_is_made_signs_in_by_itself_and_is_removed(web: Running, laptop: Page) -> None:
    person("viewer", "anna")
    home = web.url.replace("127.0.0.1", "localhost")
    make(laptop, home)
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    laptop.goto(f"{home}/account/")
    laptop.get_by_role("button", name="Sign out").click()
    laptop.goto(f"{home}/signin/?next=/account/")
    laptop.get_by_role("button", name="Sign in with a passkey").click()
    expect(laptop.get_by_role("rowheader", name="this laptop")).to_be_visible()
    assert ways() == ["password", "passkey"]
    laptop.get_by_role("link", name="Remove…").click()
    laptop.get_by_role("button", name="Remove").click()
    expect(laptop.get_by_role("rowheader", name="this laptop")).to_have_count(0)
    assert not Authenticator.objects.exists()


def test_a_passkey_is_the_second_factor_after_a_password(web: Running, laptop: Page) -> None:
    person("viewer", "anna")
    home = web.url.replace("127.0.0.1", "localhost")
    make(laptop, home)
    laptop.goto(f"{home}/account/")
    laptop.get_by_role("button", name="Sign out").click()
    with_password(laptop, home)
    laptop.get_by_role("button", name="Use a passkey").click()
    expect(laptop.get_by_role("heading", name="Your account")).to_be_visible()
    assert ways()[-1] == "password and passkey"


def test_without_a_passkey_the_page_says_so(web: Running, laptop: Page) -> None:
    laptop.goto(web.url.replace("127.0.0.1", "localhost") + "/signin/")
    laptop.get_by_role("button", name="Sign in with a passkey").click()
    expect(laptop.get_by_role("alert")).to_contain_text("Nothing was signed")
    expect(laptop.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
