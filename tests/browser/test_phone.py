"""What a phone shows first, upright and on its side; and that nothing runs out of a small one."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from approvals.models import Request
from runs.models import Run
from tests.approvals.test_queue import asking
from tests.browser.conftest import Opener
from tests.browser.test_layout import STATES, lived
from tests.pages.lives import life

pytestmark = pytest.mark.django_db(transaction=True)
UPRIGHT, ASIDE = (390, 844), (844, 390)


def sized(page: Page, size: tuple[int, int]) -> Page:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    return page


def box(page: Page, place: str) -> dict[str, float]:
    found: Any = page.locator(place).first.bounding_box()
    assert found is not None, place
    return dict(found)


def asked(who: User, amount: float = 180.0, **facts: object) -> tuple[Run, Request]:
    """A run that waits for an approver, with its request."""
    one = life(who, f"Refund ${amount:.2f} for order 1042")
    one.lease()
    one.step("get_order", {"order": 1042}, {"total": 180})
    one.plan(("issue_refund", {"amount": amount}), thought="The fault was ours.")
    run = one.written()
    args = {"order_id": 1042, "amount": amount, "recipient": "rosa.thorne1@example.com"}
    request = asking(run, 1042, args=args, proposed=args, **facts)
    request.save()
    Run.objects.filter(pk=run.pk).update(status="waiting", waiting_for="approval")
    return run, request


@pytest.mark.parametrize(("size", "most"), [(UPRIGHT, 260), ((1280, 900), 200)])
@pytest.mark.parametrize("state", STATES)
def test_a_runs_head_leaves_the_window_to_its_course_and_its_goal_is_whole(
    opened: Opener, otto: User, state: str, size: tuple[int, int], most: int
) -> None:
    one = lived(otto, state)
    page = sized(opened(f"/runs/{one.run.pk}/"), size)
    assert box(page, "#head")["height"] <= most
    expect(page.locator("h1 .run-goal")).to_have_text(one.run.goal.strip())
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize(("size", "most"), [(UPRIGHT, 260), ((1440, 900), 200)])
@pytest.mark.parametrize("group", ["operator", "approver"])
@pytest.mark.parametrize("kind", ["call", "loop"])
def test_the_head_of_a_run_that_waits_is_no_taller(
    opened: Opener, otto: User, kind: str, group: str, size: tuple[int, int], most: int
) -> None:
    run = asked(otto)[0] if kind == "call" else paused_in_a_loop(otto)
    page = sized(opened(f"/runs/{run.pk}/", group), size)
    expect(page.locator(".waiting-line")).to_be_visible()
    assert box(page, "#head")["height"] <= most


def paused_in_a_loop(who: User) -> Run:
    """A run that a rule paused, with the request to decide on it."""
    run = Run.objects.get(pk=lived(who, "looping").run.pk)
    asking(run, 1042, kind="loop", call="", tool="", args={}, proposed={}, line="").save()
    return run


def test_a_card_on_a_phone_gives_its_reasons_before_the_arguments_which_are_one_line(
    opened: Opener, otto: User
) -> None:
    _, request = asked(otto)
    page = sized(opened(f"/approvals/{request.pk}/", "approver"), UPRIGHT)
    line = page.locator(".arguments-line")
    expect(line).to_contain_text("180.00 · order 1042 · rosa.thorne1@example.com")
    expect(page.locator("#arg-amount")).to_be_hidden()
    title, why, arguments = (
        box(page, place)["y"] for place in (".ask-title", ".ask-why", ".arguments")
    )
    assert title < why < arguments
    assert title < 200
    line.click()
    expect(page.locator("#arg-amount")).to_be_visible()
    for size in (UPRIGHT, ASIDE):
        approve = box(sized(page, size), "button[value=approve]")
        assert 0 < approve["y"] < size[1] - approve["height"], size
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], size


def test_the_bars_of_a_card_leave_a_phone_to_what_it_says_until_a_note_is_written(
    opened: Opener, otto: User
) -> None:
    _, request = asked(otto)
    page = sized(opened(f"/approvals/{request.pk}/", "approver"), (390, 600))
    note, rail = page.locator("#note"), box(page, ".rail")
    assert rail["y"] - box(page, "button[value=approve]")["y"] <= 60
    assert box(page, "#note")["y"] >= rail["y"] - 4
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert box(page, "#note")["y"] + box(page, "#note")["height"] <= box(page, ".rail")["y"]
    page.evaluate("scrollTo(0, 0)")
    note.focus()
    note.fill("Fine")
    assert box(page, "#note")["y"] + box(page, "#note")["height"] <= box(page, ".rail")["y"]


def test_an_argument_of_an_unverified_source_is_unfolded_on_a_phone(
    opened: Opener, otto: User
) -> None:
    mark = {"path": "args.recipient", "tool": "get_ticket", "step": 1}
    _, request = asked(otto, facts={"version": 4, "tainted": [mark]}, tainted=True)
    page = sized(opened(f"/approvals/{request.pk}/", "approver"), UPRIGHT)
    expect(page.get_by_text("unverified source: the value came from get_ticket")).to_be_visible()
    expect(page.locator("#arg-amount")).to_be_hidden()


def test_what_is_wrong_with_an_argument_is_before_ones_eyes_on_a_phone(
    opened: Opener, provoked: list[str], otto: User
) -> None:
    provoked.append("Error Code 422")
    _, request = asked(otto)
    page = sized(opened(f"/approvals/{request.pk}/", "approver"), UPRIGHT)
    page.locator(".arguments-line").click()
    page.locator("#arg-amount").fill("sixty")
    page.locator("button[value=approve]").click()
    expect(page.locator("#arg-amount-error")).to_be_in_viewport()
    expect(page.locator("#arg-amount")).to_be_focused()


def test_what_a_run_asks_stands_in_the_fleet_of_a_phone_and_leads_to_its_card(
    opened: Opener, otto: User
) -> None:
    _, request = asked(otto)
    page = sized(opened("/", "approver"), UPRIGHT)
    way = page.locator("#rows").get_by_role("link", name="Refund 180.00 for order 1042")
    expect(way).to_be_visible()
    way.click()
    expect(page.locator("#card")).to_have_attribute("data-request", str(request.pk))


def test_the_tiles_of_a_phone_s_fleet_show_that_there_are_more_beside_them(
    opened: Opener, otto: User
) -> None:
    page = opened("/")
    for width in (320, 360, 390, 430):
        sized(page, (width, 800))
        lefts = [box["x"] for each in page.locator(".tile").all() if (box := each.bounding_box())]
        seen = [left for left in lefts if left < width]
        assert len(seen) < len(lefts), width
        tile = page.locator(".tile").nth(len(seen) - 1).bounding_box()
        assert tile is not None
        assert tile["x"] + tile["width"] > width + 4, width
        assert tile["x"] < width - 12, width


def test_what_a_run_waits_for_is_said_once_on_its_page(opened: Opener, otto: User) -> None:
    run, _ = asked(otto)
    page = sized(opened(f"/runs/{run.pk}/", "approver"), UPRIGHT)
    expect(page.locator(".waiting-line")).to_be_visible()
    expect(page.locator(".now-line")).to_be_hidden()


def test_the_search_is_an_icon_until_it_is_touched(opened: Opener, otto: User) -> None:
    _, request = asked(otto)
    page = sized(opened(f"/approvals/{request.pk}/", "approver"), UPRIGHT)
    assert box(page, ".search")["width"] <= 44
    page.locator("header [data-search]").click()
    expect(page.locator("header [data-search]")).to_be_focused()
    assert box(page, ".search")["width"] > 300


def test_nothing_of_a_new_run_runs_out_of_a_small_phone(opened: Opener, stage: None) -> None:
    page = sized(opened("/runs/start/"), (320, 640))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_call_in_doubt_says_what_to_look_up_before_its_answer_is_unfolded(
    opened: Opener, otto: User
) -> None:
    one = lived(otto, "in doubt")
    page = sized(opened(f"/runs/{one.run.pk}/"), UPRIGHT)
    question = page.locator(".settle")
    for said in ("Did the call happen?", "issue_refund", "amount 45", f"{one.run.pk}:13.0"):
        expect(question).to_contain_text(said)
    expect(page.get_by_role("button", name="It did not")).to_be_hidden()
    page.get_by_text("Say what became of it").click()
    expect(page.get_by_role("button", name="It did not")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= UPRIGHT[0]
