"""The admin's first page says what each table is for, and leads back to what runs."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from console.admin_places import OTHERS, PLACES
from tests.markup import read
from tests.people.test_rights import client, staff

pytestmark = pytest.mark.django_db


def index(user: User) -> str:
    return client(user).get("/admin/").content.decode()


def test_every_table_of_the_admin_has_its_place_and_a_line() -> None:
    placed = {name for words in PLACES.values() for name in words}
    shown = {f"{model._meta.app_label}.{model._meta.object_name}" for model in admin.site._registry}
    assert shown == placed
    assert all(apps.get_model(name) for name in placed)
    page = read(index(User.objects.create_superuser("olivia")))
    assert [each.words for each in page.all("caption")] == list(PLACES)
    assert OTHERS not in page.words
    for words in PLACES.values():
        for line in words.values():
            assert line in page.words


@pytest.mark.parametrize("group", ["admin", "auditor"])
def test_it_leads_only_where_its_reader_may_go(group: str) -> None:
    user = staff(group, "anna")
    browser: Client = client(user)
    page = read(browser.get("/admin/").content.decode())
    links = {each.attrs["href"] for each in page.all("a") if each.attrs.get("href", "")[:1] == "/"}
    assert {"/", "/audit/", "/policies/", "/health/", "/approvals/"} <= links
    assert ("/policies/halt/" in links) is (group == "admin")
    assert [link for link in links if browser.get(link).status_code != 200] == []


def test_no_rule_of_a_sheet_is_lost_where_sheets_are_sent_as_one() -> None:
    page = read(index(staff()))
    [sheet] = [each.attrs["href"] for each in page.all("link", rel="stylesheet")]
    told = Client().get(sheet).getvalue().decode()
    plain = re.sub(r"/\*.*?\*/", "", told, flags=re.DOTALL)
    assert "--paper-0" in plain
    assert not re.search(r"}\s*;", plain)


def test_the_page_of_a_table_has_search_and_the_console_as_well() -> None:
    page = read(client(staff()).get("/admin/policies/budget/").content.decode())
    [search] = [each for each in page.all("form") if each.attrs.get("action") == "/find/"]
    assert search.all("input", name="q")
    assert "Approvals" in page.words


def test_what_helps_with_a_field_is_words_whatever_signs_are_in_it() -> None:
    browser = client(User.objects.create_superuser("olivia"))
    for path, words in (
        ("/admin/policies/toolpolicy/add/", "args.amount &lt;= 50; for “allow with caps”"),
        ("/admin/runs/agent/add/", "(&#x27;send_email&#x27;) &gt; 0"),
    ):
        assert words in browser.get(path).content.decode(), path
