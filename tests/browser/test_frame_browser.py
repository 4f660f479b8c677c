"""The frame in a real browser: themes, phones, and a console that works without JavaScript."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect

from console.stack.processes import Running
from runs.models import Run
from tests.browser.conftest import Opener
from tests.pages.lives import agent, life, running
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
PHONES = [(390, 844), (320, 640)]


def test_a_chosen_theme_is_there_before_the_first_paint_and_stays(opened: Opener) -> None:
    page = opened("/")
    for _ in range(2):
        page.locator("[data-theme-switch]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload(wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 18, 22)"
    page.keyboard.press("t")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/runs/start/",
        "{run}",
        "{run}audit/",
        "{run}context/",
        "{run}kill/",
        "/audit/",
        "/health/",
        "/account/",
    ],
)
def test_no_page_is_wider_than_a_phone(opened: Opener, otto: User, path: str) -> None:
    one = life(otto, "A goal with_one_very_long_word_" + "x" * 200)
    one.lease()
    one.step("a_tool_with_a_long_name" * 4, {"argument": "y" * 300}, {"result": "z" * 300})
    one.stop(detail="w" * 300)
    run = one.written()
    page = opened("/nowhere/")
    page.goto(page.url.removesuffix("/nowhere/") + path.format(run=f"/runs/{run.pk}/"))
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_times_tick_in_the_browser(opened: Opener, otto: User) -> None:
    one = running(otto)
    time = opened(f"/runs/{one.run.pk}/").locator(".now-line time").first
    before = time.text_content()
    expect(time).not_to_have_text(before or "")


def test_everything_needed_works_without_javascript(
    browser: Browser, web: Running, otto: User
) -> None:
    agent()
    one = running(otto, "about lamps")
    running(otto, "about parcels")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": str(signed_in("operator").session.session_key),
                "url": web.url,
            }
        ]
    )
    page = context.new_page()
    page.goto(f"{web.url}/")
    page.locator("#query").fill("lamps")
    page.locator(".query-form").get_by_role("button", name="Search").click()
    expect(page.locator(".row-link")).to_have_text(["about lamps"])
    page.locator(".row-link").click()
    page.get_by_role("link", name="Kill…").click()
    page.get_by_label("Why").fill("no JavaScript here")
    page.get_by_role("button", name="Kill it").click()
    expect(page.locator("#head .pill")).to_have_text("Kill requested")
    expect(page.locator("#toasts")).to_contain_text("Kill requested")
    page.goto(f"{web.url}/runs/start/")
    page.get_by_label("Refund desk").check()
    page.get_by_label("Goal").fill("Refund order 9")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("h1")).to_contain_text("Refund order 9")
    assert Run.objects.filter(goal="Refund order 9").exists()
    assert Run.objects.get(pk=one.run.pk).control == "kill"
    context.close()


def test_the_limits_in_force_are_shown_however_long_the_goal(opened: Opener) -> None:
    agent()
    page = opened("/runs/start/")
    page.locator("textarea").fill("x" * 19_000)
    with page.expect_request("**/runs/start/limits/*") as asked:
        page.get_by_text("Refund desk").click()
    assert "goal" not in asked.value.url
    assert "csrf" not in asked.value.url
    expect(page.locator("#in-force")).to_contain_text("50 steps")


@pytest.mark.parametrize("size", PHONES, ids=str)
@pytest.mark.parametrize("group", ["viewer", "admin"])
def test_on_a_phone_everybody_reaches_docs_theme_and_the_way_out(
    opened: Opener, group: str, size: tuple[int, int]
) -> None:
    page = opened("/", group)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    docs = page.get_by_role("link", name="Docs", exact=True)
    for link in page.locator(".rail > .rail-link").all():
        expect(link).to_be_in_viewport(ratio=1)
    expect(docs).not_to_be_visible()
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.locator("[data-theme-switch]")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    docs.click()
    page.wait_for_url("**/docs/")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signin/?out")
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_whoever_is_not_signed_in_meets_no_broken_script(opened: Opener) -> None:
    """`opened` fails for anything that the page's own console complains about."""
    page = opened("/")
    page.context.clear_cookies()
    page.goto(page.url + "signin/", wait_until="networkidle")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_names_of_places_are_whole_on_a_phone(opened: Opener) -> None:
    page = opened("/", "admin")
    page.set_viewport_size({"width": 390, "height": 844})
    for word in page.locator(".rail > .rail-link > .rail-word").all():
        assert word.evaluate("it => it.scrollWidth <= it.clientWidth"), word.text_content()


def test_what_more_opened_on_a_phone_closes_beside_it_and_by_escape(opened: Opener) -> None:
    page = opened("/")
    page.set_viewport_size({"width": 390, "height": 844})
    more = page.get_by_role("button", name="More", exact=True)
    foot = page.locator("#rail-foot")
    more.click()
    expect(foot).to_be_visible()
    page.keyboard.press("Escape")
    expect(foot).not_to_be_visible()
    more.click()
    page.locator("#content").click(position={"x": 5, "y": 5})
    expect(foot).not_to_be_visible()


def test_at_a_desk_the_foot_of_the_rail_stands_open_and_there_is_no_more(opened: Opener) -> None:
    page = opened("/")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("button", name="More", exact=True)).not_to_be_visible()
    for name in ("Docs", "Sign out"):
        expect(page.locator(".rail-foot").get_by_text(name, exact=True)).to_be_attached()
    expect(page.get_by_role("link", name="Docs", exact=True)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
