"""Two people in two browsers: a refund stops at the gate, one edits and approves it, the other sees the run go on."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from approvals.models import Request
from console.stack.processes import Running
from runs import services, snapshots
from runs.demo import cast, company, play
from runs.demo.models import Refund
from runs.demo.seed import seed
from runs.models import Agent, Run
from tests.live import sockets

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 15_000
Opened = Callable[[str, str], Page]


@pytest.fixture(autouse=True)
def _stage(settings: Settings, transactional_db: None) -> None:
    settings.DEMO = False
    seed(at=datetime.now(UTC))


@pytest.fixture
def opened(browser: Browser, web: Running) -> Iterator[Opened]:
    """A page in a browser of that person's own."""
    contexts = []

    def open_page(who: str, path: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        key = sockets.session_of(User.objects.get(username=who))
        context.add_cookies([{"name": sockets.cookie("").rstrip("="), "value": key, "url": web.url}])
        page = context.new_page()
        page.goto(web.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def refunding() -> Run:
    """The refund desk's story, hurried, on a new order, started by the operator."""
    agent, at = Agent.objects.get(name="refund-desk"), datetime.now(UTC)
    script = re.sub(r"delay = (\[[^\]]*\]|[\d.]+)", "delay = 0", cast.script("refund-desk", "refund"))
    order = company.order_now(Random(1), at, "delivered")
    principal = User.objects.get(username=play.PRINCIPAL)
    goal = f"Refund the damaged parcel of order {order.number} and tell the customer."
    return services.start(agent=agent, goal=goal, principal=principal, at=at, snapshot=snapshots.of(agent) | {"script": script})


def test_a_refund_is_edited_and_approved_in_one_browser_and_goes_on_in_the_other(opened: Opened, worker: Running) -> None:
    approver = opened("approver", "/approvals/")
    expect(approver.locator("#feed")).to_have_attribute("data-state", "connected", timeout=PATIENCE)
    run = refunding()
    operator = opened("operator", f"/runs/{run.pk}/")
    row = approver.locator("#asks [data-row]", has_text="issue_refund")
    expect(row).to_be_visible(timeout=PATIENCE)
    row.locator("a").click()
    amount = approver.get_by_role("textbox", name="amount")
    proposed = float(amount.input_value())
    amount.fill("1.50")
    approver.screenshot(path="/tmp/shot-card.png")
    expect(approver.locator("[data-argument].edited")).to_have_count(1)
    approver.get_by_role("button", name="Approve edited").click()
    expect(approver.locator("#toasts")).to_contain_text("You approved it with changes", timeout=PATIENCE)
    expect(operator.locator("#timeline")).to_contain_text("issue_refund", timeout=PATIENCE)
    request = Request.objects.get(run=run, tool="issue_refund")
    assert (request.act, request.proposed["amount"], (request.decided_args or {})["amount"]) == ("edit", proposed, 1.5)
    called = operator.locator("#transcript li.entry-call", has_text="issue_refund")
    expect(called).to_contain_text("booked", timeout=PATIENCE)
    expect(called).to_contain_text("1.5")
    asked = operator.locator("#transcript li.entry-ask", has_text="issue_refund")
    expect(asked).to_contain_text(str(proposed))
    expect(asked).to_contain_text("1.5")
    operator.screenshot(path="/tmp/shot-run.png", full_page=True)
    assert [float(refund.amount) for refund in Refund.objects.filter(run=str(run.pk))] == [1.5]
