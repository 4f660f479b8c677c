"""Rows of a form in a real browser: by keyboard, without JavaScript, on a phone, and as axe sees
them.
"""

from typing import Literal

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Locator, expect

from console.stack.processes import Running
from runs.models import Agent, McpServer
from tests.browser.axe import seen_by_axe
from tests.browser.conftest import Opener
from tests.browser.test_admin_browser import WIDER, edited
from tests.pages.lives import agent
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
CRITERIA = [{"name": f"told_{number}", "cel": "size(final.text) > 0"} for number in (1, 2)]


@pytest.fixture
def probe(transactional_db: None) -> Agent:
    return agent(
        "refund-desk",
        acceptance=CRITERIA,
        after_reasons={"DRIFTED": "undo"},
        extra_headers={"x-team": "refunds"},
        extra_body={"top_p": 0.9},
    )


def path(row: Agent | McpServer) -> str:
    return f"/admin/runs/{row._meta.model_name}/{row.pk}/change/"


def test_a_row_is_added_and_saved_by_keyboard_and_the_page_stays_where_it_is(
    opened: Opener, probe: Agent
) -> None:
    page = edited(opened, path(probe))
    page.get_by_label("Title").fill("Typed before")
    name = page.get_by_label("Criterion 3, Name")
    name.fill("paid")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.type("1 > 0")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add a criterion")).to_be_focused()
    page.keyboard.press("Enter")
    fourth = page.get_by_label("Criterion 4, Name")
    expect(fourth).to_be_focused()
    expect(page.get_by_label("Title")).to_have_value("Typed before")
    page.keyboard.type("later")
    page.get_by_label("Criterion 4, Rule").fill("2 > 0")
    page.get_by_role("checkbox", name="Remove criterion 1").check()
    page.get_by_label("Criterion 4, Name").press("Enter")
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    probe.refresh_from_db()
    assert probe.title == "Typed before"
    assert [each["name"] for each in probe.acceptance] == ["told_2", "paid", "later"]


def test_without_javascript_one_more_row_comes_back_with_what_was_typed(
    browser: Browser, web: Running, probe: Agent
) -> None:
    context = browser.new_context(java_script_enabled=False)
    key = str(signed_in("admin").session.session_key)
    User.objects.filter(username="some-admin").update(is_staff=True)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": web.url}])
    page = context.new_page()
    page.goto(web.url + path(probe))
    page.get_by_text("How its model is asked").click()
    page.get_by_label("Header 2, Name").fill("x-other")
    page.get_by_role("button", name="Add a header").click()
    expect(page.get_by_label("Header 3, Name")).to_be_focused()
    expect(page.get_by_label("Header 2, Name")).to_have_value("x-other")
    page.get_by_label("Header 2, Value").fill("written")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    probe.refresh_from_db()
    assert probe.extra_headers == {"x-team": "refunds", "x-other": "written"}
    context.close()


def test_what_is_wrong_stands_at_its_row_until_somebody_types_there(
    opened: Opener, probe: Agent
) -> None:
    page = edited(opened, path(probe))
    page.get_by_label("Criterion 2, Rule").fill("final.txt")
    page.get_by_role("button", name="Save", exact=True).click()
    row = page.locator("#id_acceptance .rows-row").nth(1)
    expect(row).to_contain_text("Row 2: Line 1, column 7")
    rule = page.get_by_label("Criterion 2, Rule")
    expect(rule).to_have_value("final.txt")
    expect(rule).to_have_accessible_description(
        "Row 2: Line 1, column 7 at “txt”: final has no txt; it has text, json."
    )
    rule.fill("final.text != ''")
    expect(row).not_to_contain_text("Row 2:")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rows_with_mistakes_are_in_order_for_axe_and_fit_every_window(
    opened: Opener, probe: Agent, theme: Literal["light", "dark"]
) -> None:
    server = McpServer.objects.create(
        name="time",
        command="no-such-command",
        environment={"TOKEN": "SOME_API_KEY"},
        overrides={"look": {"effect": "read", "colour": "red"}},
        enabled=False,
    )
    page = edited(opened, path(probe))
    page.emulate_media(color_scheme=theme)
    for row in (probe, server):
        page.goto(page.url.replace(path(probe), path(row)))
        page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
        expect(page.locator(".rows").first).to_be_visible()
        page.locator(".rows input[type=text]").first.fill("")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".rows .errorlist").first).to_be_visible()
        for width in (320, 390, 600, 800, 1024, 1280, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate(WIDER) <= 0, width
        assert seen_by_axe(page) == []


def test_on_a_phone_every_cell_is_wide_enough_to_type_in(opened: Opener, probe: Agent) -> None:
    page = edited(opened, path(probe))
    page.set_viewport_size({"width": 320, "height": 700})
    for cell in page.locator("#id_acceptance").get_by_role("textbox").all():
        assert width(cell) >= 200
        assert height(cell) >= 32


def width(cell: Locator) -> float:
    box = cell.bounding_box()
    assert box
    return box["width"]


def height(cell: Locator) -> float:
    box = cell.bounding_box()
    assert box
    return box["height"]
