"""What screens do by script, and what they do where that fails."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Opener
from tests.browser.test_fleet_live import live, told
from tests.pages.lives import life, running

pytestmark = pytest.mark.django_db(transaction=True)
NO_STORAGE = """Object.defineProperty(window, "localStorage", { get() {
  throw new DOMException("not here", "SecurityError"); } });"""
NO_CLIPBOARD = """navigator.clipboard.writeText = () =>
  Promise.reject(new DOMException("no", "NotAllowedError"));"""


def test_any_page_is_reached_by_its_name_and_other_words_are_searched(opened: Opener) -> None:
    page = opened("/")
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    expect(palette.locator("li").first).to_be_visible()
    page.keyboard.type("hea")
    expect(palette.locator("li")).to_have_text(["Health"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/health/$"))
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    page.keyboard.type("backup")
    expect(palette.locator("li")).to_have_text([re.compile("^Docs: Operating")])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/docs/operating/$"))
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    expect(palette).to_be_visible()
    page.keyboard.type("no page is called so")
    expect(palette.locator("[data-none]")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"q=no(\+|%20)page"))


def test_a_colon_that_is_typed_is_typed_and_elsewhere_leads_to_the_jump(
    opened: Opener, otto: User
) -> None:
    one = running(otto)
    page = opened(f"/runs/{one.run.pk}/")
    page.locator("[data-search]").fill("a")
    page.keyboard.type(":b")
    expect(page.locator("[data-search]")).to_have_value("a:b")
    page.keyboard.press("Escape")
    page.keyboard.press(":")
    expect(page.locator("[data-jump]")).to_be_focused()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#step-1$"))


def test_a_choice_narrows_the_timeline_at_once(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = opened(f"/runs/{one.run.pk}/")
    page.get_by_label("Tool", exact=True).select_option("get_order")
    expect(page).to_have_url(re.compile(r"tool=get_order"))
    expect(page.locator("#timeline > tr")).to_have_count(1)


@pytest.mark.parametrize("step", [2, 70])
def test_whoever_comes_for_one_step_is_left_at_it(opened: Opener, otto: User, step: int) -> None:
    """Also at one that is on an earlier part of the run's page than the newest."""
    one = life(otto)
    one.lease()
    for number in range(80):
        one.step("read_file", {"page": number})
    one.written()
    page = opened(f"/runs/{one.run.pk}/#step-{step}")
    expect(page.locator(f"#step-{step}")).to_be_in_viewport()


def test_a_step_and_what_was_said_in_it_are_found_from_each_other(
    opened: Opener, otto: User
) -> None:
    one = life(otto)
    one.lease()
    for number in range(30):
        one.step("read_file", {"page": number})
    one.written()
    page = opened(f"/runs/{one.run.pk}/?at=12")
    row, entry = page.locator("tr:has(#step-12)"), page.locator("li[aria-current=step]")
    head = page.locator(".timeline thead")
    expect(entry).to_be_in_viewport()
    expect(entry).to_contain_text("step 12")
    tops = [part.evaluate("part => part.getBoundingClientRect().top") for part in (head, row)]
    assert tops[0] + 20 < tops[1]
    page.locator("#timeline .row-link").nth(3).evaluate("link => link.click()")
    marked = page.locator("[aria-current=step]")
    expect(marked).to_have_count(1)
    assert marked.evaluate(
        "one => one.matches('#timeline tr') && one.id.slice(2)"
    ) == page.evaluate("location.hash.slice(3)")


def test_a_step_that_is_nowhere_is_asked_for_once(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = opened(f"/runs/{one.run.pk}/#step-99")
    expect(page.locator("#toasts")).to_contain_text("This run has no step or time 99.")
    expect(page).to_have_url(re.compile(rf"/runs/{one.run.pk}/$"))


def test_a_run_that_stands_on_a_later_page_is_no_new_run(opened: Opener, otto: User) -> None:
    old = running(otto, "the oldest", ago=3_600)
    for number in range(60):
        running(otto, f"number {number}")
    page = live(opened("/"))
    page.locator("#rows tr").first.hover()
    old.answer("search_kb", "2.0", "found")
    with page.expect_response("**/fleet/rows/**"):
        told(old)
    newest = running(otto, "the newest")
    newest.answer("search_kb", "2.0", "found")
    told(newest)
    expect(page.locator("#fresh")).to_have_text("1 new — show")


def test_without_a_place_to_keep_it_a_theme_still_turns(
    opened: Opener, context: BrowserContext
) -> None:
    context.add_init_script(NO_STORAGE)
    page = opened("/")
    for theme in ("light", "dark"):
        page.locator("[data-theme-switch]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", theme)


def test_what_could_not_be_copied_is_said_and_shown(
    opened: Opener, context: BrowserContext, otto: User
) -> None:
    context.add_init_script(NO_CLIPBOARD)
    one = running(otto)
    page = opened(f"/runs/{one.run.pk}/")
    page.locator("[data-copy]").first.click()
    expect(page.locator("#announcer")).to_contain_text("It could not be copied")


@pytest.mark.parametrize(("width", "height", "most"), [(1440, 900, 200), (390, 844, 260)])
def test_the_head_of_a_run_leaves_room_for_what_happened(
    opened: Opener, otto: User, width: int, height: int, most: int
) -> None:
    one = running(otto)
    page = opened(f"/runs/{one.run.pk}/")
    page.set_viewport_size({"width": width, "height": height})
    box = page.locator("#head").bounding_box()
    assert box is not None
    assert box["height"] <= most


def test_what_is_wrong_with_a_field_is_said_until_it_is_changed(
    opened: Opener, stage: None
) -> None:
    page = opened("/runs/start/")
    page.get_by_role("button", name="Start", exact=True).click()
    wrong = page.get_by_text("A run needs a goal.")
    expect(wrong).to_be_visible()
    expect(page.get_by_text("Choose an agent.")).to_be_visible()
    page.locator("#id_goal").fill("Put it right.")
    expect(wrong).to_have_count(0)
    expect(page.get_by_text("Choose an agent.")).to_be_visible()


def test_without_a_place_to_keep_it_a_line_is_dismissed_for_now(
    opened: Opener, context: BrowserContext
) -> None:
    context.add_init_script(NO_STORAGE)
    page = opened("/")
    page.evaluate(
        """document.getElementById("content").insertAdjacentHTML("afterbegin",
        '<p data-dismissible="x">Read once<button data-dismisses hidden>Got it</button></p>');
        import(document.querySelector("script[src*='js/fleet.js']").src
          .replace("fleet.js", "dismiss.js"))"""
    )
    page.get_by_role("button", name="Got it").click()
    expect(page.get_by_text("Read once")).to_be_hidden()


def test_many_at_once_begin_unticked_and_say_how_much_is_ticked(opened: Opener, otto: User) -> None:
    page = opened("/")
    page.evaluate(
        """document.getElementById("content").innerHTML = `<form data-many data-sign="$">
        <input type="checkbox" name="pick" data-worth="84.00">
        <input type="checkbox" name="pick" data-worth="17.50">
        <button type="button">Approve <span data-count>what is ticked</span></button></form>`;
        import(document.querySelector("script[src*='js/fleet.js']").src
          .replace("fleet.js", "answer.js"))"""
    )
    button = page.get_by_role("button", name="Approve")
    expect(button).to_be_disabled()
    for box in page.get_by_role("checkbox").all():
        box.check()
    expect(button).to_have_text("Approve 2, $101.50")


@pytest.mark.usefixtures("intercepted")
@pytest.mark.parametrize(("path", "group"), [("/", "operator"), ("/audit/", "auditor")])
def test_a_completion_that_is_not_answered_keeps_nobody_from_searching(
    opened: Opener, provoked: list[str], path: str, group: str
) -> None:
    provoked.append("ERR_FAILED")
    page = opened(path, group)
    completes = page.locator("#query").get_attribute("data-completes")
    page.route(f"**{completes}**", lambda route: route.abort())
    page.locator("#query").fill("1042")
    page.locator("#query").press("Enter")
    expect(page).to_have_url(re.compile(r"q=1042"))
    expect(page.locator("#completion")).to_be_hidden()


def test_one_export_after_the_other_is_made_from_the_same_page(opened: Opener, otto: User) -> None:
    one = life(otto)
    one.lease()
    one.step("read", {"n": 1})
    one.written()
    page = opened("/audit/", "auditor")
    for form in ("CSV", "JSON", "CSV"):
        with page.expect_download():
            page.get_by_role("button", name=form).click()
