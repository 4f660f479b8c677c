"""Questions of operators and auditors, answered from the box in a real browser: in two acts and
three seconds at most, with what matched marked.
"""

from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from approvals.models import Request
from console.journal.append import note
from console.journal.records import Actor
from runs.engine.vocabulary import Effect, StopReason, Verdict
from tests.approvals.test_queue import asking
from tests.browser.conftest import Opener
from tests.pages.lives import Life, agent, life

pytestmark = pytest.mark.django_db(transaction=True)
LONGEST = 3.0


@pytest.fixture
def provoked() -> list[str]:
    return ["Error Code 422"]


@pytest.fixture
def house(otto: User) -> dict[str, Life]:
    """A few runs with a past: one that touched order 1042, one of the refund desk that failed, one
    that worked on a Tuesday.
    """
    touched = life(otto, "Refund the damaged parcel", ago=600)
    touched.lease()
    touched.step("get_order", {"order": 1042}, {"id": "order-1042", "total": 180})
    failed = life(otto, "Two lamps arrived broken", ago=1_200)
    failed.lease()
    failed.plan(("issue_refund", {"order": 77}))
    call = failed.intend("issue_refund", {"order": 77}, Effect.REVERSIBLE)
    failed.answer("issue_refund", call, {}, "card declined", Verdict.FAILED)
    failed.stop(StopReason.TOOL_FAILURE, "issue_refund: card declined")
    triage = life(otto, "Why is checkout slow", of=agent("bug-triage"), ago=300)
    triage.lease()
    triage.step("search_logs", {"query": "timeout"}, {"hits": 12})
    at = tuesday()
    old = life(otto, "Refund of a Tuesday", ago=(datetime.now(UTC) - at).total_seconds() + 60)
    old.lease()
    old.step("get_order", {"order": 9}, {"total": 9})
    old.complete()
    for each in (touched, failed, triage, old):
        each.written()
    who = Actor("user:mara", "4711")
    note(kind="halt.released", actor=who, at=datetime.now(UTC), data={"reason": "mended"})
    return {"touched": touched, "failed": failed, "triage": triage, "old": old}


def test_a_word_that_is_still_being_typed_is_no_alarm_and_what_is_finished_is_one(
    opened: Opener, house: dict[str, Life]
) -> None:
    page = opened("/")
    box, told = page.locator("#query"), page.locator("#query-told")
    color = "one => getComputedStyle(one).color"
    box.click()
    page.keyboard.type("status:fai")
    expect(told).to_contain_text("there is no status fai")
    calm = told.evaluate(color)
    page.keyboard.type(" agent:refund-desk")
    expect(told).not_to_have_attribute("data-unfinished", "")
    assert told.evaluate(color) != calm
    box.fill("status:fai")
    expect(told).to_have_attribute("data-unfinished", "")
    assert told.evaluate(color) == calm
    box.evaluate("box => box.blur()")
    assert told.evaluate(color) != calm


def tuesday() -> datetime:
    """The last Tuesday at 15:47 that is over, in UTC."""
    now = datetime.now(UTC)
    back = (now.weekday() - 1) % 7
    at = (now - timedelta(days=back)).replace(hour=15, minute=47, second=0, microsecond=0)
    return at if at < now - timedelta(minutes=10) else at - timedelta(days=7)


def asked(page: Page, text: str, answer: str) -> float:
    """Type it into the box and press enter: two acts. The seconds until the answer is there."""
    begun = monotonic()
    page.locator("#query, [data-search]").first.fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_contain_text(answer)
    return monotonic() - begun


QUESTIONS = [
    ("which run touched order 1042?", "/", "1042", "Refund the damaged parcel"),
    ("what of the refund desk failed in the last hour, and why?", "/",
     "status:failed agent:refund-desk ended<1h", "Tool failure"),
    ("what did the agent do on Tuesday at 3:47 pm?", "/audit/",
     'agent:refund-desk at:"tuesday 3:47 pm ~10m"', "get_order"),
    ("what calls itself order-1042?", "/", "order-1042", "get_order"),
    ("who approved what?", "/audit/", "act:any", "halt.released"),
    ("which refunds failed?", "/", "tool:issue_refund verdict:failed", "Two lamps arrived broken"),
    ("what did mara do?", "/audit/", "actor:mara", "halt.released"),
    ("what is live and not of the refund desk?", "/", "status:live -agent:refund-desk",
     "Why is checkout slow"),
    ("which runs of otto have used more than a hundredth of a limit?", "/",
     "principal:otto limit>1% status:live", "Why is checkout slow"),
    ("where did “card declined” come back?", "/audit/", '"card declined"', "card declined"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "text", "answer"),
    [each[1:] for each in QUESTIONS],
    ids=[each[0] for each in QUESTIONS],
)
def test_a_question_is_answered_from_the_box(
    opened: Opener, house: dict[str, Life], place: str, text: str, answer: str
) -> None:
    page = opened(place)
    assert asked(page, text, answer) < LONGEST


def test_what_matched_is_marked_and_leads_to_its_step(
    opened: Opener, house: dict[str, Life]
) -> None:
    page = opened("/?q=1042")
    row = page.locator("#rows tr").filter(has_text="Refund the damaged parcel")
    expect(row.locator("mark").first).to_have_text("1042")
    row.get_by_role("link", name="step 1").click()
    expect(page).to_have_url(f"{page.url.partition('/runs/')[0]}/runs/{house['touched'].run.pk}/#e-"
                             + page.url.partition("#e-")[2])  # fmt: skip
    assert page.locator(f"#{page.url.partition('#')[2]}").is_visible()


def test_a_mistake_is_underlined_and_put_right_with_one_key(
    opened: Opener, house: dict[str, Life]
) -> None:
    page = opened("/")
    rows = page.locator("#rows tr").count()
    page.locator("#query").fill("status:failed agnet:refund-desk ")
    expect(page.locator("#query-told")).to_contain_text("Position 15: there is no field agnet.")
    expect(page.locator(".query-mirror mark")).to_have_text("agnet:")
    assert page.locator("#rows tr").count() == rows
    page.keyboard.press("Escape")
    page.locator("#query").press("Tab")
    expect(page.locator("#query")).to_have_value("status:failed agent:refund-desk")
    expect(page.locator(".query-chip")).to_have_count(2)
    expect(page.locator("#rows tr")).to_have_count(1)


def test_text_and_chips_are_one_query(opened: Opener, house: dict[str, Life]) -> None:
    page = opened("/")
    page.locator("#query").press_sequentially("status:live agent:bug-triage")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator(".query-chip")).to_have_count(2)
    expect(page).to_have_url(f"{page.url.partition('?')[0]}?q=status%3Alive%20agent%3Abug-triage")
    page.get_by_label("Take agent:bug-triage away").click()
    expect(page.locator("#query")).to_have_value("status:live")
    expect(page.locator("#rows tr")).to_have_count(2)


def test_the_keyboard_completes_what_exists(opened: Opener, house: dict[str, Life]) -> None:
    page = opened("/")
    page.locator("#query").press_sequentially("agent:b")
    line = page.locator("#completion [role=option]").first
    expect(line).to_contain_text("bug-triage")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(page.locator("#query")).to_have_value("agent:bug-triage")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#query")).to_be_focused()


def test_what_may_stand_at_the_caret_outlasts_the_search_and_lies_over_no_chip(
    opened: Opener, house: dict[str, Life]
) -> None:
    page = opened("/")
    page.locator("#query").press_sequentially("status:live agent:b")
    choices = page.locator("#completion")
    expect(choices.locator("[role=option]").first).to_contain_text("bug-triage")
    expect(page.locator(".query-chip")).to_have_count(2)
    expect(choices).to_be_visible()
    page.get_by_label("Take agent:b away").click()
    expect(page.locator("#query")).to_have_value("status:live")
    expect(choices).to_be_hidden()


def test_choices_that_come_late_lie_over_no_chip(
    opened: Opener, intercepted: Page, house: dict[str, Life]
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = opened("/")
    page.route("**/complete/**", hold)
    page.locator("#query").fill("status:live agent:b")
    expect(page.locator(".query-chip")).to_have_count(2)
    held[-1].continue_()
    expect(page.locator("#completion [role=option]").first).to_contain_text("bug-triage")
    page.get_by_label("Take status:live away").click()
    expect(page.locator("#query")).to_have_value("agent:b")


def test_a_word_that_is_whole_is_not_completed(opened: Opener, house: dict[str, Life]) -> None:
    page = opened("/")
    choices = page.locator("#completion")
    page.locator("#query").press_sequentially("agent:bug-triag")
    expect(choices).to_be_visible()
    page.keyboard.press("e")
    expect(choices).to_be_hidden()
    page.keyboard.press("Space")
    expect(choices).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#query")).to_have_value("agent:bug-triage ")
    expect(page.locator("#query")).not_to_be_focused()
    expect(choices).to_be_hidden()


def test_the_keyboard_completes_a_query_of_requests(opened: Opener, house: dict[str, Life]) -> None:
    Request.objects.bulk_create(
        asking(house["failed"].run, number, tool=tool)
        for number, tool in enumerate(("issue_refund", "send_email"))
    )
    page = opened("/approvals/", "approver")
    expect(page.locator("#asks [data-row]")).to_have_count(2)
    page.locator("#query").press_sequentially("status:d")
    line = page.locator("#completion [role=option]").first
    expect(line).to_contain_text("decided")
    expect(line).to_be_in_viewport(ratio=1)
    page.locator("#query").fill("tool:send_email")
    expect(page.locator("#asks [data-row]")).to_have_count(1)
    expect(page.locator("#query")).to_be_focused()
    page.locator("#query").fill("tool:send_email risk:")
    expect(page.locator("#completion [role=option]").first).to_contain_text("irreversible")
    page.keyboard.press("Tab")
    expect(page.locator("#query")).to_have_value("tool:send_email risk:irreversible")
    expect(page.locator("#asks [data-row]")).to_have_count(1)
    page.locator("#query").fill("riks:loop")
    expect(page.locator("#query-told")).to_contain_text("Position 1")
