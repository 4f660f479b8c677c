"""Keys on the approvals desk: nobody decides what they have not seen, twice by one press, or for
good by a single key.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from approvals.models import Request
from runs.models import Run
from runs.runtime import worker_process
from tests.browser.conftest import Opened
from tests.browser.test_approvals import refunding

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stage", "rested")]
MODIFIED = ("ctrlKey", "metaKey", "altKey", "repeat", "isComposing")


@pytest.fixture
def rested() -> Iterator[None]:
    """Runs are played in this process, which is at rest again after each test."""
    yield
    worker_process.rest()


def asked() -> Run:
    """A refund that waits. Played here and no further: what is tried is the desk."""
    run = refunding()
    worker_process.advance(run.pk)
    return run


def waiting(browsers: Opened) -> tuple[Page, Run]:
    """The approver's page on the card of a refund that waits."""
    run = asked()
    page = browsers("approver", f"/approvals/{refund(run).pk}/")
    expect(page.locator("#feed")).to_have_attribute("data-state", "connected")
    return page, run


def looked_at(page: Page) -> None:
    """The card lies before somebody's eyes for more than a second: now its keys count."""
    expect(page.locator("#card[data-open]")).to_be_visible()
    page.clock.run_for(1_200)


def decided() -> int:
    return Request.objects.exclude(status="open").count()


def refund(run: Run) -> Request:
    """A run that was let through asks again before it writes to the customer."""
    return Request.objects.get(run=run, tool="issue_refund")


def sent(page: Page) -> list[str]:
    """Where the page posts to from now on."""
    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" else None
    )
    return posts


def two(browsers: Opened) -> tuple[Page, Run]:
    """The card of one of two refunds that wait."""
    asked()
    page, run = waiting(browsers)
    expect(page.locator("#asks [data-row]")).to_have_count(2)
    return page, run


def test_a_key_pressed_again_never_decides_the_card_that_came_after(browsers: Opened) -> None:
    page, _ = two(browsers)
    looked_at(page)
    first = page.locator("#card").get_attribute("data-request")
    page.keyboard.press("d")
    expect(page.locator("#toasts")).to_contain_text("You denied it: Refund ")
    expect(page.locator(f"#card[data-open]:not([data-request='{first}'])")).to_be_visible()
    posts = sent(page)
    for _ in range(6):
        page.keyboard.press("d")
        page.clock.run_for(300)
    assert (posts, decided()) == ([], 1)


def test_the_card_after_an_answer_cannot_be_tapped_for_a_second(browsers: Opened) -> None:
    page, _ = two(browsers)
    page.emulate_media(reduced_motion="reduce")
    first = page.locator("#card").get_attribute("data-request")
    page.get_by_role("button", name="Deny").first.click()
    expect(page.locator(f"#card[data-open]:not([data-request='{first}'])")).to_be_visible()
    held = page.locator(".answers").evaluate(
        "bar => [getComputedStyle(bar).animationName, getComputedStyle(bar).animationDuration]"
    )
    assert held == ["answers-next", "1s"]
    expect(page.get_by_role("button", name="Deny").first).to_be_visible()
    page.reload()
    expect(page.locator(".answers")).to_have_css("animation-name", "none")


def test_the_note_is_one_key_away_and_what_is_typed_there_decides_nothing(
    browsers: Opened,
) -> None:
    page, _ = waiting(browsers)
    looked_at(page)
    page.keyboard.press("m")
    note, posts = page.get_by_label("Note to the agent and the log"), sent(page)
    expect(note).to_be_focused()
    page.keyboard.type("add")
    expect(note).to_have_value("add")
    assert posts == []


def test_a_held_key_decides_once(browsers: Opened) -> None:
    page, _ = two(browsers)
    looked_at(page)
    posts = sent(page)
    page.keyboard.down("d")
    expect(page.locator("#toasts")).to_contain_text("You denied it")
    looked_at(page)
    for _ in range(5):
        page.keyboard.down("d")
    page.keyboard.up("d")
    assert (len(posts), decided()) == (1, 1)


def test_what_cannot_be_undone_needs_a_second_key_that_says_what_it_does(browsers: Opened) -> None:
    page, run = waiting(browsers)
    amount = page.locator("#arg-amount").input_value()
    looked_at(page)
    page.keyboard.press("a")
    approve = page.locator("button[value=approve]")
    expect(approve).to_contain_text(f"Enter to approve: Refund {float(amount):,.2f}")
    page.keyboard.press("Escape")
    expect(approve).to_contain_text("Approve")
    expect(approve).not_to_contain_text("Enter to")
    page.keyboard.press("Enter")
    assert refund(run).status == "open"
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(
        f"You approved it: Refund {float(amount):,.2f} for order"
    )


def test_an_armed_button_is_disarmed_by_whatever_else_happens(browsers: Opened) -> None:
    page, run = waiting(browsers)
    looked_at(page)
    armed = page.locator("button.armed")
    for disarm in (
        "document.querySelector('#arg-amount').focus()",
        "document.dispatchEvent(new Event('card-changed'))",
    ):
        page.locator("body").evaluate("() => document.activeElement?.blur()")
        page.keyboard.press("a")
        expect(armed).to_have_count(1)
        page.evaluate(disarm)
        expect(armed).to_have_count(0)
        page.locator("body").evaluate("() => document.activeElement?.blur()")
        page.keyboard.press("Enter")
    assert refund(run).status == "open"


def test_an_edit_is_asked_back_before_it_is_approved(browsers: Opened) -> None:
    page, run = waiting(browsers)
    page.locator("#arg-amount").fill("1.25")
    page.keyboard.press("Escape")
    looked_at(page)
    page.keyboard.press("a")
    expect(page.locator("#asks-back")).to_contain_text("now 1.25")
    assert refund(run).status == "open"
    looked_at(page)
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("You approved it with changes: Refund 1.25")
    assert (refund(run).decided_args or {})["amount"] == 1.25


def test_keys_with_modifiers_repeats_and_input_methods_decide_nothing(browsers: Opened) -> None:
    page, _ = waiting(browsers)
    looked_at(page)
    posts = sent(page)
    for modified in MODIFIED:
        page.evaluate(
            "name => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'd',"
            " bubbles: true, cancelable: true, [name]: true }))",
            modified,
        )
        page.clock.run_for(300)
    assert (posts, decided()) == ([], 0)
    page.keyboard.press("d")
    expect(page.locator("#toasts")).to_contain_text("You denied it")


def test_a_second_click_sends_nothing(browsers: Opened) -> None:
    page, _ = two(browsers)
    posts = sent(page)
    page.get_by_role("button", name="Deny").first.dblclick()
    expect(page.locator("#toasts")).to_contain_text("You denied it")
    assert (len(posts), decided()) == (1, 1)


def test_a_refused_answer_stays_on_the_cards_own_address_with_what_was_typed(
    browsers: Opened,
) -> None:
    page, run = waiting(browsers)
    address = page.url.partition("?")[0]
    page.locator("#arg-amount").fill("lots")
    page.locator("input[name=note]").fill("a word")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#arg-amount-error")).to_be_visible()
    expect(page.locator("#arg-amount")).to_have_value("lots")
    expect(page.locator("input[name=note]")).to_have_value("a word")
    expect(page.locator("#asks [data-row]")).to_have_count(1)
    assert page.url.partition("?")[0] == address
    page.reload()
    expect(page.locator("#card[data-open]")).to_be_visible()
    assert refund(run).status == "open"


def test_whoever_was_slower_reads_the_outcome_on_the_card_and_keeps_the_queue(
    browsers: Opened,
) -> None:
    page, run = two(browsers)
    page.route("**/now/*", lambda route: route.abort())
    page.route("**/rows/*", lambda route: route.abort())
    request = Request.objects.get(run=run, status="open")
    other = browsers("admin", f"/approvals/{request.pk}/")
    other.get_by_role("button", name="Deny").click()
    expect(other.locator("#toasts")).to_contain_text("You denied it")
    page.get_by_role("button", name="Deny").first.click()
    expect(page.locator("#card [role=alert]")).to_contain_text("Too late: admin denied it")
    expect(page.locator("#card .ask-over")).to_contain_text("admin denied it")
    expect(page.locator("#asks [data-row]")).to_have_count(1)
    expect(page.get_by_text("Nothing was changed")).to_have_count(0)
    page.wait_for_load_state()
    page.keyboard.press("n")
    expect(page.locator("#card[data-open]")).to_be_visible()


def test_a_reply_and_an_escalation_have_keys_of_their_own(browsers: Opened) -> None:
    page, _ = two(browsers)
    looked_at(page)
    first = page.locator("#card").get_attribute("data-request")
    page.keyboard.press("m")
    page.keyboard.type("Look at the photo first.")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#toasts")).to_contain_text("You answered it in words: Refund ")
    expect(page.locator(f"#card[data-open]:not([data-request='{first}'])")).to_be_visible()
    looked_at(page)
    page.keyboard.press("E")
    expect(page.locator("#toasts")).to_contain_text("Escalated to admin: Refund ")
