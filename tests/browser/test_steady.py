"""What people look at stays where it is: while scripts come to a page, and while a run goes on."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect

from console.stack.processes import Running
from tests.browser.conftest import Opener
from tests.browser.test_fleet_live import live, told
from tests.browser.test_phone import ASIDE, UPRIGHT, asked, box, sized
from tests.pages.lives import running

pytestmark = pytest.mark.django_db(transaction=True)
LAPTOP = (1280, 720)
PLACES = """[".top > *", ".rail > *", ".rail-foot > *", "#content > *"].flatMap((place) =>
  [...document.querySelectorAll(place)].map((each) => {
    const { x, y, width } = each.getBoundingClientRect();
    return [place, each.className, x, y, width];
  }))"""
LINE = """document.getElementById("content").insertAdjacentHTML("beforeend",
  '<p class="demo" data-dismissible="demo">Read once</p>')"""
LEAST = 12
SMALL = """(least) => [...document.querySelectorAll("body *")].filter((each) =>
  [...each.childNodes].some((part) => part.nodeType === Node.TEXT_NODE && part.data.trim()) &&
  each.checkVisibility({ visibilityProperty: true }) && !each.closest("[aria-hidden]") &&
  parseFloat(getComputedStyle(each).fontSize) < least).map((each) => each.outerHTML.slice(0, 99))"""


@pytest.mark.parametrize("size", [UPRIGHT, LAPTOP])
@pytest.mark.parametrize("path", ["/", "{run}", "{card}"])
def test_nothing_moves_when_the_scripts_of_a_page_have_come(
    opened: Opener,
    context: BrowserContext,
    browser: Browser,
    web: Running,
    otto: User,
    path: str,
    size: tuple[int, int],
) -> None:
    run, request = asked(otto)
    path = path.format(run=f"/runs/{run.pk}/", card=f"/approvals/{request.pk}/")
    with_scripts = sized(live(opened(path, "approver")), size)
    own = browser.new_context(java_script_enabled=False)
    own.add_cookies(context.cookies())  # type: ignore[arg-type]
    without = sized(own.new_page(), size)
    without.goto(web.url + path)
    for page in (with_scripts, without):
        page.evaluate("document.fonts.ready.then(() => 0)")
    places = without.evaluate(PLACES)
    assert len(places) > 5
    assert with_scripts.evaluate(PLACES) == places
    own.close()


def test_a_line_that_was_dismissed_is_not_even_painted(opened: Opener) -> None:
    page = opened("/")
    page.evaluate(LINE)
    expect(page.get_by_text("Read once")).to_be_visible()
    page.evaluate("localStorage.setItem('dismissed-demo', 'yes')")
    page.reload()
    page.evaluate(LINE)
    expect(page.get_by_text("Read once")).to_be_hidden()


def test_what_a_live_run_does_moves_nothing_below_it_on_a_phone(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = sized(live(opened(f"/runs/{one.run.pk}/")), UPRIGHT)
    line = page.locator(".now-line")
    expect(line).to_contain_text("calling search_kb")
    places = {box(page, ".run-columns")["y"]}
    one.answer("search_kb", "2.0", {"found": "the policy"})
    told(one)
    expect(line).to_contain_text("model turn")
    places.add(box(page, ".run-columns")["y"])
    one.plan(("update_shipping_address", {"order": 1042}), thought="It moved.")
    one.intend("update_shipping_address", {"order": 1042})
    told(one)
    expect(line).to_contain_text("calling update_shipping_address")
    places.add(box(page, ".run-columns")["y"])
    assert len(places) == 1


@pytest.mark.parametrize("size", [UPRIGHT, ASIDE])
def test_no_word_on_a_phone_is_smaller_than_can_be_read(
    opened: Opener, otto: User, size: tuple[int, int]
) -> None:
    run, request = asked(otto)
    page = sized(opened("/", "approver"), size)
    for path in (page.url, f"{page.url}runs/{run.pk}/", f"{page.url}approvals/{request.pk}/"):
        page.goto(path)
        assert page.evaluate(SMALL, LEAST) == [], path


def test_whoever_goes_to_the_end_of_a_long_run_on_a_phone_stays_there(
    opened: Opener, otto: User
) -> None:
    one = running(otto)
    one.answer("search_kb", "2.0", "found")
    for number in range(40):
        one.step("read", {"n": number}, "words " * (number * 7 % 50))
    one.written()
    page = sized(live(opened(f"/runs/{one.run.pk}/")), UPRIGHT)
    to_the_end(page)
    expect(page.locator("#transcript > :last-child")).to_be_in_viewport()
    one.step("read", {"n": 99}, "The newest.")
    told(one)
    expect(page.locator("#transcript > :last-child")).to_contain_text("The newest.")
    expect(page.locator("#transcript > :last-child")).to_be_in_viewport()
    assert end(page) < 60


AT_REST = """new Promise(done => {
    let [last, calm] = [-1, 0];
    const look = () => {
        [calm, last] = [scrollY === last ? calm + 1 : 0, scrollY];
        if (calm > 9) done(); else requestAnimationFrame(look);
    };
    look();
})"""


def to_the_end(page: Page) -> None:
    """As people do: what comes into view is laid out only then, and the page grows by it."""
    for _ in range(9):
        page.keyboard.press("End")
        page.evaluate(AT_REST)
        if end(page) < 1:
            break


def end(page: Page) -> float:
    """How far it is to the end of the page."""
    return float(page.evaluate("document.documentElement.scrollHeight - scrollY - innerHeight"))
