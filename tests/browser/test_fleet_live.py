"""The fleet in a real browser: rows change in place, nothing jumps under the pointer, the keyboard
reaches everything.
"""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from runs.models import Run
from runs.runtime import announce
from tests.browser.conftest import Opener
from tests.pages.lives import Life, life, running

pytestmark = pytest.mark.django_db(transaction=True)


def told(one: Life) -> Run:
    """Write what happened and ring the doorbell, as a worker does."""
    before, kinds = Run.objects.get(pk=one.run.pk).seq, tuple(event.kind for event in one.events)
    run = one.written()
    announce.announce_row(run, before + 1, one.at, kinds)
    return run


def live(page: Page) -> Page:
    expect(page.locator("#feed")).to_have_attribute("data-state", "connected")
    return page


def test_a_row_follows_its_run_without_a_reload(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened("/"))
    row = page.locator(f"#run-{one.run.pk}")
    expect(row.locator(".c-now")).to_contain_text("search_kb")
    one.answer("search_kb", "2.0", "found")
    one.complete()
    told(one)
    expect(row.locator(".c-status")).to_have_text("Completed")
    expect(row.locator(".c-step")).to_contain_text("3")
    expect(page.locator("#tiles .tile").first).to_contain_text("0")


def test_focus_stays_where_it_is_while_its_row_changes(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened("/"))
    page.keyboard.press("j")
    link = page.locator(f"#run-{one.run.pk} .row-link")
    expect(link).to_be_focused()
    one.answer("search_kb", "2.0", "found")
    told(one)
    expect(page.locator(f"#run-{one.run.pk}")).to_have_attribute(
        "data-seq", str(Run.objects.get(pk=one.run.pk).seq)
    )
    expect(link).to_be_focused()


def test_new_runs_wait_while_the_pointer_is_in_the_table(opened: Opener, otto: User) -> None:
    running(otto, "the first")
    page = live(opened("/"))
    page.locator("#rows tr").first.hover()
    life(otto, "the second", ago=0)
    expect(page.locator("#fresh")).to_have_text("1 new — show")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.locator("#rows .row-link").first).to_have_text("the second")
    expect(page.locator("#fresh")).to_have_count(0)


def test_new_runs_come_in_by_themselves_when_nobody_points(opened: Opener, otto: User) -> None:
    running(otto, "the first")
    page = live(opened("/"))
    page.mouse.move(5, 400)
    life(otto, "the second", ago=0)
    expect(page.locator("#rows .row-link").first).to_have_text("the second")


def test_a_new_run_that_does_not_match_the_filters_stays_out(opened: Opener, otto: User) -> None:
    one = running(otto, "about parcels")
    page = live(opened("/?q=parcels"))
    page.mouse.move(5, 400)
    life(otto, "about lamps", ago=0)
    one.answer("search_kb", "2.0", "found")
    run = told(one)
    expect(page.locator(f"#run-{one.run.pk}")).to_have_attribute("data-seq", str(run.seq))
    expect(page.locator("#rows tr")).to_have_count(1)


def test_the_first_run_of_an_empty_house_appears(opened: Opener, otto: User) -> None:
    page = live(opened("/"))
    expect(page.locator(".empty")).to_contain_text("No run yet")
    page.mouse.move(5, 400)
    life(otto, "the first", ago=0)
    expect(page.locator("#rows .row-link")).to_have_text("the first")


def test_a_run_that_leaves_the_view_goes_from_it_as_its_count_does(
    opened: Opener, otto: User
) -> None:
    stays, one = running(otto, "goes on"), running(otto, "comes to its end")
    page = live(opened("/?view=running"))
    expect(page.locator("#rows tr")).to_have_count(2)
    one.answer("search_kb", "2.0", "found")
    one.complete()
    told(one)
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator(f"#run-{stays.run.pk}")).to_be_visible()
    expect(page.locator(".tab[aria-current] small")).to_have_text("1")


def test_under_a_pointer_it_stays_and_says_that_it_is_no_longer_in_the_view(
    opened: Opener, otto: User
) -> None:
    one = running(otto)
    page = live(opened("/?view=running"))
    row = page.locator(f"#run-{one.run.pk}")
    row.hover()
    one.answer("search_kb", "2.0", "found")
    one.complete()
    told(one)
    expect(row.locator(".c-status")).to_contain_text("no longer in this list")
    expect(row).to_be_visible()


def test_rows_are_walked_and_opened_by_key(opened: Opener, otto: User) -> None:
    running(otto, "older", ago=90)
    newer = running(otto, "newer", ago=30)
    page = opened("/")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator(f"#run-{newer.run.pk} .row-link")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{newer.run.pk}/")


def test_p_pauses_the_run_under_the_focus(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened("/"))
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator("#toasts")).to_contain_text("Pause requested")
    expect(page.locator(f"#run-{one.run.pk} .c-status")).to_have_text("Pausing")


def test_x_asks_and_kills_the_run_under_the_focus(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened("/"))
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Kill it").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("Kill requested")
    expect(page.locator(f"#run-{one.run.pk} .c-status")).to_have_text("Kill requested")


@pytest.mark.parametrize(("key", "verb"), [("P", "Pause"), ("R", "Resume"), ("K", "Kill")])
def test_a_capital_letter_asks_about_all_that_is_listed(
    opened: Opener, otto: User, key: str, verb: str
) -> None:
    running(otto)
    page = opened("/?q=status:live")
    page.keyboard.press(f"Shift+{key}")
    expect(page).to_have_title(re.compile(f"^{verb} "))
    assert "q=status%3Alive" in page.url


def test_letters_do_nothing_while_somebody_types(opened: Opener, otto: User) -> None:
    running(otto)
    page = opened("/")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.type("spkj?")
    expect(page.locator("[data-search]")).to_have_value("spkj?")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("Escape")  # out of the completions, where there are any by now
    page.keyboard.press("Escape")
    expect(page.locator("[data-search]")).not_to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("s")
    assert page.url.endswith("/")


def test_filters_change_the_list_and_the_address(opened: Opener, otto: User) -> None:
    running(otto, "about parcels")
    running(otto, "about lamps")
    page = opened("/")
    page.locator("#query").fill("lamps")
    expect(page.locator("#rows .row-link")).to_have_text(["about lamps"])
    expect(page.locator("#query")).to_be_focused()
    assert "q=lamps" in page.url
    page.reload()
    expect(page.locator("#rows .row-link")).to_have_text(["about lamps"])


def test_a_viewers_page_never_learns_a_tools_name(opened: Opener, otto: User) -> None:
    one = running(otto)
    page = live(opened("/", "viewer"))
    one.answer("search_kb", "2.0", "found")
    one.plan(("secret_tool", {}))
    one.intend("secret_tool", {})
    run = told(one)
    expect(page.locator(f"#run-{one.run.pk}")).to_have_attribute("data-seq", str(run.seq))
    assert "secret_tool" not in page.content()
