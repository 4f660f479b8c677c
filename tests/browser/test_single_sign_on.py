"""Single sign-on against a real OpenID Connect provider in a process of its own: people come in
with the roles that its groups give them, and without them as soon as it says so.
"""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import Page, expect

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.stack import processes
from tests.pages.people import person
from tests.people.identity_provider import CLIENT, PASSWORD, SECRET

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, slots=True)
class Company:
    """The provider and the console that trusts it."""

    issuer: str
    home: str

    def puts(self, name: str, *groups: str) -> None:
        """The provider has the person in these groups, and no others."""
        with urllib.request.urlopen(f"{self.issuer}/groups/{name}/?in={','.join(groups)}"):
            pass


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def company(transactional_db: None, tmp_path: Path) -> Iterator[Company]:
    issuer = f"http://127.0.0.1:{free_port()}"
    named = {
        "SIGNALBOX_OIDC_ISSUER": issuer,
        "SIGNALBOX_OIDC_CLIENT": CLIENT,
        "SIGNALBOX_OIDC_SECRET": SECRET,
        "SIGNALBOX_OIDC_NAME": "Example Ltd",
        "SIGNALBOX_OIDC_ROLES": "desk=operator, leads=approver, it=admin",
    }
    with processes.web(named) as web:
        home = web.url.replace("127.0.0.1", "localhost")
        with served(issuer, tmp_path, f"{home}/signin/oidc/back/"):
            yield Company(issuer, home)


@contextmanager
def served(issuer: str, folder: Path, back: str) -> Iterator[None]:
    port = issuer.rpartition(":")[2]
    words = [sys.executable, "-m", "tests.people.identity_provider", port, str(folder), back]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=kept) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"serving\n"
        try:
            yield
        finally:
            process.terminate()


def comes_in(page: Page, company: Company, name: str = "ada", to: str = "/account/") -> None:
    """Through the provider's own sign-in page, where that still asks."""
    page.goto(f"{company.home}/signin/?next={to}")
    page.get_by_role("link", name="Sign in with Example Ltd").click()
    if page.url.startswith(company.issuer):
        page.locator("[name=login]").fill(name)
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign In").click()


def leaves(page: Page, company: Company) -> None:
    page.goto(f"{company.home}/account/")
    page.get_by_role("button", name="Sign out").click()


def groups_of(name: str) -> list[str]:
    return sorted(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_people_come_in_with_the_roles_that_their_groups_give_them_and_lose_them(
    company: Company, page: Page
) -> None:
    company.puts("ada", "desk", "leads", "football")
    comes_in(page, company)
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert groups_of("ada") == ["approver", "operator"]
    ada = User.objects.get(username="ada")
    assert (ada.has_usable_password(), ada.is_staff) == (False, False)
    told = {each.record.kind: each.record for each in journal.read(connection, HOUSE_KEY)}
    assert told["auth.signed_in"].data["by"] == "OIDC"
    assert told["user.provisioned"].data["change"] == {"groups": [[], ["approver", "operator"]]}
    leaves(page, company)
    company.puts("ada", "it")
    comes_in(page, company)
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert groups_of("ada") == ["admin"]
    leaves(page, company)
    company.puts("ada")
    comes_in(page, company)
    expect(page.get_by_text("gives you no role here")).to_be_visible()
    assert groups_of("ada") == []


def test_whoever_the_provider_gives_no_role_is_not_let_in(company: Company, page: Page) -> None:
    comes_in(page, company)
    expect(page.get_by_text("gives you no role here")).to_be_visible()
    assert not User.objects.filter(username="ada").exists()


def test_an_account_that_is_here_already_is_not_taken_over_but_connected_by_its_owner(
    company: Company, page: Page
) -> None:
    person("auditor", "ada")
    company.puts("ada", "it")
    comes_in(page, company)
    expect(page.get_by_text("No account was made for you")).to_be_visible()
    assert groups_of("ada") == ["auditor"]
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{company.home}/account/")
    page.get_by_role("link", name="Connect…").click()
    expect(page.get_by_role("rowheader", name="Example Ltd")).to_be_visible()
    expect(page.get_by_role("link", name="Connect…")).to_have_count(0)
    leaves(page, company)
    comes_in(page, company)
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert groups_of("ada") == ["admin", "auditor"]
