"""Messages to a browser: the console's worker shows what came, and a click leads to the card. The
message comes in by the browser's own protocol; its maker's push service cannot be reached here.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Worker, expect

from approvals.models import Channel
from console.stack import chromium
from console.stack.processes import Running
from tests import patience
from tests.approvals.conftest import approvals_desk as approvals_desk  # the fixture
from tests.approvals.desk import Desk
from tests.approvals.push_service import PushService
from tests.browser.conftest import Opener
from tests.runtime.conftest import bench as bench  # the fixture

pytestmark = pytest.mark.django_db(transaction=True)
SERVICE = PushService("https://push.example.net/one")
SHOWN = """async () => (await self.registration.getNotifications()).map(
  ({ title, body, data, tag }) => ({ title, body, data, tag }))"""
CLICKED = """async () => {
  const [notification] = await self.registration.getNotifications();
  self.led = [];
  self.clients.openWindow = async (there) => self.led.push(`opens ${there}`);
  WindowClient.prototype.focus = async function () { self.led.push(`shows ${this.url}`); };
  const click = new NotificationEvent("notificationclick", { notification });
  const waits = [];
  click.waitUntil = (work) => waits.push(work);
  self.dispatchEvent(click);
  await Promise.all(waits);
  return self.led;
}"""


TAKEN = """
if ((this.tries = (this.tries ?? 0) + 1) === 1) throw new DOMException("", "InvalidStateError");
"""


def subscribing(words: str) -> str:
    """As if the browser's maker had answered: with this subscription, or not at all."""
    return f"PushManager.prototype.subscribe = async function () {{ {words} }};"


@pytest.fixture(scope="module")
def browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Browser]:
    """The whole Chromium: the one without a window is told no messages."""
    whole = {**browser_type_launch_args, "executable_path": chromium.find()}
    with browser_type.launch(**whole) as browser:
        yield browser


@pytest.fixture
def told(context: BrowserContext, opened: Opener) -> Page:
    """An approver's account page, whose browser has just been switched on."""
    context.grant_permissions(["notifications"])
    context.add_init_script(subscribing(f"return {SERVICE.subscription()};"))
    page = opened("/account/", "approver")
    page.get_by_role("button", name="Tell me on this browser").click()
    expect(page.get_by_role("rowheader", name="this one")).to_be_visible()
    return page


@pytest.fixture
def delivered(context: BrowserContext, told: Page, web: Running) -> Iterator[Any]:
    """Has a message come in for the console's worker, and gives the worker."""
    cdp = context.new_cdp_session(told)
    found: list[dict[str, Any]] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"])
    )
    cdp.send("ServiceWorker.enable")

    def deliver(data: str) -> Worker:
        told.wait_for_function("() => navigator.serviceWorker.ready")
        registration = next(each for each in found if each["scopeURL"] == f"{web.url}/")
        message = {"origin": web.url, "registrationId": registration["registrationId"]}
        cdp.send("ServiceWorker.deliverPushMessage", {**message, "data": data})
        return when_shown(context.service_workers[0])

    yield deliver
    cdp.detach()


def shown(worker: Worker) -> list[dict[str, str]]:
    found: list[dict[str, str]] = worker.evaluate(SHOWN)
    return found


def when_shown(worker: Worker) -> Worker:
    """The worker as soon as the browser shows what came, which takes it a moment."""
    patience.until(lambda: shown(worker), "a message")
    return worker


def test_a_browser_is_switched_on_shows_a_message_and_a_click_leads_to_the_card(
    told: Page, delivered: Any, web: Running, approvals_desk: Desk
) -> None:
    channel = Channel.objects.get()
    assert channel.target == json.loads(SERVICE.subscription())["endpoint"]
    request = approvals_desk.asked(approvals_desk.start())
    link = f"/approvals/{request.pk}/"
    worker = delivered(json.dumps({"title": "Desk needs a person", "body": "$45", "link": link}))
    assert shown(worker) == [
        {"title": "Desk needs a person", "body": "$45", "data": link, "tag": link}
    ]
    [led] = worker.evaluate(CLICKED)
    assert led == f"opens {web.url}{link}"
    told.goto(led.removeprefix("opens "))
    expect(told.locator("#card")).to_contain_text("180")


def test_a_click_shows_the_card_that_is_open_already(
    told: Page, delivered: Any, web: Running, approvals_desk: Desk
) -> None:
    link = f"/approvals/{approvals_desk.asked(approvals_desk.start()).pk}/"
    worker = delivered(json.dumps({"title": "x", "body": "", "link": link}))
    told.goto(web.url + link)
    assert worker.evaluate(CLICKED) == [f"shows {web.url}{link}"]
    assert shown(worker) == [], "what was clicked is gone"


def test_a_message_that_cannot_be_read_is_shown_all_the_same(delivered: Any, web: Running) -> None:
    worker = delivered("no JSON")
    assert [each["title"] for each in shown(worker)] == ["Something needs a person"]
    assert worker.evaluate(CLICKED) == [f"opens {web.url}/"]


def test_no_message_leads_to_another_house(delivered: Any) -> None:
    worker = delivered(json.dumps({"title": "x", "body": "", "link": "https://evil.example/"}))
    assert worker.evaluate(CLICKED) == []


def test_a_browser_that_will_show_nothing_says_so(context: BrowserContext, opened: Opener) -> None:
    page = opened("/account/", "approver")
    context.clear_permissions()
    page.evaluate("() => { Notification.requestPermission = async () => 'denied'; }")
    page.get_by_role("button", name="Tell me on this browser").click()
    expect(page.get_by_role("alert")).to_contain_text("lets the console show no messages")


def test_a_browser_that_no_service_takes_says_so(context: BrowserContext, opened: Opener) -> None:
    context.grant_permissions(["notifications"])
    context.add_init_script(subscribing("throw new DOMException('no service', 'AbortError');"))
    page = opened("/account/", "approver")
    page.get_by_role("button", name="Tell me on this browser").click()
    expect(page.get_by_role("alert")).to_contain_text("no service")
    expect(page.get_by_role("button", name="Tell me on this browser")).to_be_enabled()
    assert not Channel.objects.exists()


def test_a_subscription_for_another_key_is_made_anew(
    context: BrowserContext, opened: Opener
) -> None:
    context.grant_permissions(["notifications"])
    context.add_init_script(subscribing(f"{TAKEN} return {SERVICE.subscription()};"))
    context.add_init_script(
        "PushManager.prototype.getSubscription = async () => ({ unsubscribe: async () => true });"
    )
    page = opened("/account/", "approver")
    page.get_by_role("button", name="Tell me on this browser").click()
    expect(page.get_by_role("rowheader", name="this one")).to_be_visible()
