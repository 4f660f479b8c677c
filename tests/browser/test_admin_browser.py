"""The admin in a real browser is the console: its frame, keys and themes, on a phone as well."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from policies.gate.models import ToolPolicy
from tests.browser.conftest import Opener
from tests.pages.lives import agent

pytestmark = pytest.mark.django_db(transaction=True)
LISTS = ("/admin/", "/admin/runs/agent/", "/admin/policies/toolpolicy/", "/admin/auth/user/")
FORMS = (
    "/admin/runs/agent/add/",
    "/admin/runs/mcpserver/add/",
    "/admin/policies/toolpolicy/add/",
    "/admin/auth/group/add/",
    "/admin/approvals/channel/add/",
)
CLEAR = """(([bar]) => {
  const { top, bottom } = document.activeElement.getBoundingClientRect();
  return top >= 56 && bottom <= bar.getBoundingClientRect().top;
})([...document.querySelectorAll('.submit-row')].slice(-1))"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def few(transactional_db: None) -> None:
    agent("refund-desk")
    ToolPolicy.objects.create(name="a-policy-with-a-long-name" * 3, condition="args.amount > 100")


def edited(opened: Opener, path: str) -> Page:
    """The page as an admin sees it who may into the admin."""
    page = opened("/nowhere/", "admin")
    User.objects.filter(username="some-admin").update(is_staff=True)
    page.goto(page.url.removesuffix("/nowhere/") + path)
    return page


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("path", [*LISTS, *FORMS])
def test_no_page_of_the_admin_is_wider_than_its_window(opened: Opener, path: str) -> None:
    page = edited(opened, path)
    for width in (320, 390, 800, 1024, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(WIDER) <= 0, width


@pytest.mark.usefixtures("few")
def test_nothing_of_the_console_vanishes_on_the_way_into_the_admin(opened: Opener) -> None:
    page = edited(opened, "/policies/")
    for _ in range(2):
        page.locator("[data-theme-switch]").click()
    page.get_by_role("link", name="Tool policies").first.click()
    page.wait_for_url("**/admin/policies/toolpolicy/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 18, 22)"
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("Health")
    page.keyboard.press("Enter")
    page.wait_for_url("**/health/")
    page.go_back()
    page.keyboard.press("h")
    expect(page.locator("dialog[open]").get_by_label("Why")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/")
    expect(page.locator(".rail [aria-current]")).to_contain_text("Fleet")


@pytest.mark.usefixtures("few")
def test_a_halt_pulled_elsewhere_is_seen_in_the_admin(opened: Opener) -> None:
    page = edited(opened, "/admin/runs/agent/")
    page.keyboard.press("h")
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("radio", name="Everything").first.check()
    dialog.get_by_label("Why").fill("Look first")
    dialog.get_by_role("button", name="Halt it").click()
    expect(page.locator("#halts")).to_contain_text("Look first")


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("path", [*LISTS, *FORMS])
def test_a_page_of_the_admin_takes_fifteen_requests_at_most(opened: Opener, path: str) -> None:
    page = edited(opened, "/health/")
    address = page.url.replace("/health/", path)
    page.goto("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.goto(address, wait_until="networkidle")
    assert len(asked) <= 15, asked


@pytest.mark.usefixtures("few")
def test_what_saves_a_form_is_in_reach_on_a_phone_above_the_rail(opened: Opener) -> None:
    page = edited(opened, "/admin/runs/agent/add/")
    page.set_viewport_size({"width": 390, "height": 844})
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_in_viewport(ratio=1)
    box, rail = save.bounding_box(), page.locator(".rail").bounding_box()
    assert box
    assert rail
    assert box["y"] + box["height"] <= rail["y"]


@pytest.mark.usefixtures("few")
def test_rows_of_a_list_say_on_a_phone_what_each_of_their_cells_is(opened: Opener) -> None:
    page = edited(opened, "/admin/policies/toolpolicy/")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#result_list thead")).not_to_be_visible()
    cell = page.locator("#result_list .field-enabled").first
    assert cell.evaluate("it => getComputedStyle(it, '::before').content") == '"enabled "'


def test_a_form_that_comes_back_leads_to_what_is_wrong_and_no_bar_lies_over_it(
    opened: Opener,
) -> None:
    page = edited(opened, "/admin/policies/toolpolicy/add/")
    page.set_viewport_size({"width": 1280, "height": 640})
    for name, value in (("name", "probe"), ("tool", "pay"), ("sentence", "{nonsense} is bad")):
        page.locator(f"[name={name}]").first.fill(value)
    page.get_by_role("button", name="Save", exact=True).last.click()
    wrong = page.locator("#id_sentence")
    expect(wrong).to_be_focused()
    expect(page.locator(".to-correct")).to_contain_text("To correct: Sentence")
    expect(page.locator(".errornote")).to_be_hidden()
    assert page.locator(".to-correct a").get_attribute("href") == "#id_sentence"
    for _ in range(8):
        assert page.evaluate(CLEAR), page.evaluate("document.activeElement.id")
        page.keyboard.press("Tab")
