"""The admin's first page says what each table is for, and leads back to what runs."""

import re
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.templatetags.static import static
from django.test import Client

from console.admin_places import PLACES
from console.journal import database_clock
from policies.halts import halt_levers
from runs.models import Agent
from tests.markup import read
from tests.pages.people import signed_in
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
    console, own = [each.attrs["href"] for each in page.all("link", rel="stylesheet")]
    assert console in signed_in("viewer").get("/").content.decode()
    told = Client().get(own).getvalue().decode()
    plain = re.sub(r"/\*.*?\*/", "", told, flags=re.DOTALL)
    assert "@import" not in plain
    assert not re.search(r"}\s*;", plain)
    assert plain.count("{") == plain.count("}")


def test_every_rule_of_the_house_comes_before_djangos_own() -> None:
    told = Client().get(static("css/admin.css")).getvalue().decode()
    for theirs in ("DJANGO Admin styles", "/* FORM ROWS */", "/* SELECTOR", "/* CHANGELISTS */"):
        before = told.partition(theirs)[0]
        assert before.rpartition("@layer django {")[1]
        assert before.count("{") - before.count("}") == 1
    pictures = set(re.findall(r'url\("([^"]+)"\)', told))
    assert pictures
    assert [each for each in pictures if Client().get(each).status_code != 200] == []


@pytest.mark.parametrize("path", ["/admin/", "/admin/runs/agent/", "/admin/runs/agent/add/"])
def test_the_frame_of_the_console_stands_around_it_and_around_no_popup(path: str) -> None:
    browser = client(staff())
    page, popup = (
        read(browser.get(f"{path}{asked}").content.decode()) for asked in ("", "?_popup=1")
    )
    assert [each.attrs["aria-label"] for each in page.all("nav", "rail")] == ["Main"]
    assert page.all("dialog", id="palette")
    assert page.all("a", href="/policies/halt/")
    assert page.all("main", id="content")
    if path != "/admin/":
        assert not popup.all("nav", "rail")
        assert not popup.all("dialog", id="palette")
        assert not popup.all("a", href="/policies/halt/")
        assert popup.all("main", id="content")


def test_a_halt_is_said_in_the_admin_too() -> None:
    boss = staff()
    halt_levers.pull(
        reach="all", target="", reason="Look first.", actor=boss, at=database_clock.now()
    )
    page = read(client(boss).get("/admin/runs/agent/").content.decode())
    assert "Look first." in page.words


def test_the_rail_says_where_a_form_of_the_admin_belongs() -> None:
    browser = client(User.objects.create_superuser("olivia"))
    for path, word in (
        ("/admin/runs/agent/add/", "Agents"),
        ("/admin/runs/mcpserver/", "Tools"),
        ("/admin/policies/budget/", "Policies"),
        ("/admin/auth/user/", "Admin"),
    ):
        page = read(browser.get(path).content.decode())
        rail = page.one("nav", "rail")
        here = {each.words.split()[0] for each in rail.all("a", aria_current="page")}
        assert here == {word}, path


def test_cells_of_a_list_say_what_they_are() -> None:
    Agent.objects.create(name="old", title="Old")
    page = read(client(staff()).get("/admin/runs/agent/").content.decode())
    heads = {each.attrs["data-head"] for each in page.all("td") if "data-head" in each.attrs}
    assert {"name", "enabled"} <= heads


def test_times_are_said_as_everywhere_else() -> None:
    someone = staff()
    someone.last_login = someone.date_joined = datetime(2026, 11, 30, 21, 28, tzinfo=UTC)
    someone.save()
    text = client(staff(name="olivia")).get("/admin/auth/user/").content.decode()
    assert "30 November 2026, 21:28 UTC" in text
    assert "p.m." not in text


def test_what_is_off_is_said_in_a_word_and_not_in_red() -> None:
    Agent.objects.create(name="old", title="Old", enabled=False)
    text = client(staff()).get("/admin/runs/agent/").content.decode()
    assert '<span class="said-no">no</span>' in text
    assert "icon-no" not in text


def test_the_page_of_a_table_has_search_and_the_console_as_well() -> None:
    page = read(client(staff()).get("/admin/policies/budget/").content.decode())
    search = page.one("form", "search", action="/find/")
    assert search.all("input", name="q")
    assert "Approvals" in page.words


def test_what_helps_with_a_field_is_words_whatever_signs_are_in_it() -> None:
    browser = client(User.objects.create_superuser("olivia"))
    for path, words in (
        ("/admin/policies/toolpolicy/add/", "args.amount &lt;= 50; for “allow with caps”"),
        ("/admin/runs/agent/add/", "(&#x27;send_email&#x27;) &gt; 0"),
    ):
        assert words in browser.get(path).content.decode(), path
