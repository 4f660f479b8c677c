"""Two people in two browsers: a refund stops at the gate, one edits and approves it, the other sees
the run go on.
"""

import re
from datetime import UTC, datetime
from random import Random

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from approvals.models import Request
from console.stack.processes import Running
from runs import services, snapshots
from runs.demo import cast, company, demo_runs
from runs.demo.models import Refund
from runs.models import Agent, Run
from tests.browser.conftest import Opened
from tests.live import sockets
from tests.patience import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stage")]


@pytest.fixture
def opened(browsers: Opened) -> Opened:
    return browsers


def refunding() -> Run:
    """The refund desk's story, hurried, on a new order, started by the operator."""
    agent, at = Agent.objects.get(name="refund-desk"), datetime.now(UTC)
    script = re.sub(
        r"delay = (\[[^\]]*\]|[\d.]+)", "delay = 0", cast.script("refund-desk", "refund")
    )
    order = company.order_now(Random(1), at, "delivered")
    principal = User.objects.get(username=demo_runs.PRINCIPAL)
    goal = f"Refund the damaged parcel of order {order.number} and tell the customer."
    return services.start(
        agent=agent,
        goal=goal,
        principal=principal,
        at=at,
        snapshot=snapshots.of(agent) | {"script": script},
    )


def test_a_refund_is_edited_and_approved_in_one_browser_and_goes_on_in_the_other(
    opened: Opened, worker: Running
) -> None:
    approver = opened("approver", "/approvals/")
    expect(approver.locator("#feed")).to_have_attribute("data-state", "connected")
    run = refunding()
    operator = opened("operator", f"/runs/{run.pk}/")
    row = approver.locator("#asks [data-row]", has_text="issue_refund")
    expect(row).to_be_visible()
    row.locator("a").click()
    amount = approver.get_by_role("textbox", name="amount")
    proposed = float(amount.input_value())
    amount.fill("1.50")
    expect(approver.locator("[data-argument].edited")).to_have_count(1)
    approver.get_by_role("button", name="Approve edited").click()
    back = approver.locator("#asks-back")
    expect(back).to_contain_text(f"amount was {proposed:.2f} → now 1.50")
    expect(back).to_contain_text("Nothing is decided yet.")
    approver.get_by_role("button", name="Approve edited").click()
    expect(approver.locator("#toasts")).to_contain_text("You approved it with changes")
    expect(operator.locator("#timeline")).to_contain_text("issue_refund")
    request = Request.objects.get(run=run, tool="issue_refund")
    assert (request.act, request.proposed["amount"], (request.decided_args or {})["amount"]) == (
        "edit",
        proposed,
        1.5,
    )
    called = operator.locator("#transcript li.entry-call", has_text="issue_refund")
    expect(called).to_contain_text("booked")
    expect(called).to_contain_text("1.5")
    asked = operator.locator("#transcript li.entry-ask", has_text="issue_refund")
    expect(asked).to_contain_text(str(proposed))
    expect(asked).to_contain_text("1.5")
    assert [float(refund.amount) for refund in Refund.objects.filter(run=str(run.pk))] == [1.5]


def waiting(opened: Opened) -> tuple[Page, Run]:
    """The approver's page on the card of a refund that waits."""
    page, run = opened("approver", "/approvals/"), refunding()
    row = page.locator("#asks [data-row]", has_text="issue_refund")
    expect(row).to_be_visible()
    row.locator("a").click()
    expect(page.locator("#feed")).to_have_attribute("data-state", "connected")
    return page, run


def test_a_killed_run_closes_its_card_in_every_open_browser(
    opened: Opened, worker: Running
) -> None:
    page, run = waiting(opened)
    expect(page.locator("[data-needs-action]")).to_have_text("1")
    services.kill(run_id=run.pk, actor=User.objects.get(username="operator"), at=datetime.now(UTC))
    expect(page.locator("#card .ask-over")).to_contain_text("The run was killed.")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.locator("#asks [data-row]")).to_have_count(0)
    expect(page.locator("[data-needs-action]")).to_be_hidden()
    expect(page).to_have_title("Approvals · Signalbox")


def test_who_else_looks_at_a_card_is_seen_and_what_they_decide_is_shown_at_once(
    opened: Opened, worker: Running
) -> None:
    page, run = waiting(opened)
    request = Request.objects.get(run=run, status="open")
    other = opened("admin", f"/approvals/{request.pk}/")
    expect(other.locator("[data-cell=others]")).to_contain_text("approver is looking at this too")
    expect(page.locator("[data-cell=others]")).to_contain_text("admin is looking at this too")
    other.get_by_role("button", name="Deny").click()
    expect(page.locator("#card .ask-over")).to_contain_text("admin denied it")


def test_the_keyboard_decides_and_the_next_card_is_there(opened: Opened, worker: Running) -> None:
    page, _ = waiting(opened)
    second = refunding()
    expect(page.locator("#asks [data-row]")).to_have_count(2)
    page.keyboard.press("e")
    expect(page.locator("#arg-order_id")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#asks [data-row] a").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/approvals/{Request.objects.get(run=second, status='open').pk}/**")
    # a letter right after the page came is taken for a slip of the finger
    expect(page.locator("#card[data-open]")).to_be_visible()
    page.clock.run_for(1_200)
    page.keyboard.press("d")
    expect(page.locator("#toasts")).to_contain_text("You denied it: Refund ")
    expect(page.locator("#card")).to_have_attribute("data-open", "")


def test_out_of_contact_nothing_is_sent_and_what_was_typed_stays(
    opened: Opened, worker: Running
) -> None:
    page, run = waiting(opened)
    note = page.get_by_label("Note to the agent and the log")
    note.fill("only the postage")
    page.context.set_offline(True)
    page.get_by_role("button", name="Deny").click()
    expect(page.locator("#toasts")).to_contain_text("nothing was sent, and what you typed stays")
    expect(note).to_have_value("only the postage")
    assert Request.objects.get(run=run).held is None
    page.context.set_offline(False)
    page.get_by_role("button", name="Deny").click()
    expect(page.locator("#toasts")).to_contain_text("You denied it")


def test_enter_in_a_field_decides_nothing(opened: Opened, worker: Running) -> None:
    page, run = waiting(opened)
    page.locator("#arg-amount").press("Enter")
    page.get_by_label("Note to the agent and the log").press("Enter")
    expect(page.locator("#card")).to_have_attribute("data-open", "")
    assert Request.objects.get(run=run).status == "open"


def test_without_javascript_a_card_is_decided_by_its_form(
    browser: Browser, web: Running, worker: Running
) -> None:
    run = refunding()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    key = sockets.session_of(User.objects.get(username="approver"))
    context.add_cookies([{"name": sockets.cookie("").rstrip("="), "value": key, "url": web.url}])
    page = context.new_page()
    until(Request.objects.filter(run=run).exists, "the run never asked")
    page.goto(web.url + "/approvals/")
    page.locator("#asks [data-row] a").first.click()
    page.locator(".arguments-line").click()
    page.locator("#arg-amount").fill("2.25")
    page.get_by_label("Note to the agent and the log").fill("only the postage")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#asks-back")).to_contain_text("now 2.25")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("You approved it with changes")
    context.close()
    decided = Request.objects.get(run=run, tool="issue_refund")
    assert (decided.act, (decided.decided_args or {})["amount"], decided.note) == (
        "edit",
        2.25,
        "only the postage",
    )


def unaccepted() -> Run:
    """A run that says it is done and is not, of an agent whose approvers may accept that."""
    agent = Agent.objects.get(name="refund-desk")
    pinned = snapshots.of(agent) | {
        "script": '[[step]]\nfinal = "All settled."\nrepeat = 9\n',
        "acceptance": [
            {
                "name": "told",
                "cel": "called('send_email') > 0",
                "sentence": "The customer has not been told.",
            }
        ],
        "answers_refused": 1,
        "person_may_accept": True,
    }
    principal = User.objects.get(username=demo_runs.PRINCIPAL)
    return services.start(
        agent=agent, goal="Settle it.", principal=principal, at=datetime.now(UTC), snapshot=pinned
    )


def test_from_the_runs_page_an_approver_reaches_the_card_and_accepts_while_the_operator_watches(
    opened: Opened, worker: Running
) -> None:
    run = unaccepted()
    watching, deciding = (
        opened("operator", f"/runs/{run.pk}/"),
        opened("approver", f"/runs/{run.pk}/"),
    )
    expect(watching.locator("[data-cell=asks]")).to_contain_text("waits for one approver")
    expect(watching.get_by_role("link", name="Decide")).to_have_count(0)
    deciding.get_by_role("link", name="Decide").click()
    expect(deciding.locator(".criterion")).to_contain_text("The customer has not been told.")
    expect(deciding.locator(".answer-text")).to_have_text("All settled.")
    deciding.get_by_role("button", name="Accept as it is").click()
    expect(watching.locator("[data-cell=pill]")).to_contain_text("Completed")
    expect(watching.locator("#transcript")).to_contain_text(
        "approver accepted the answer as it is, although not met: told"
    )
    expect(watching.locator("[data-cell=asks]")).to_be_empty()
