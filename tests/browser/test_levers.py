"""The halt lever in a real browser: in reach, says what it reaches, seen everywhere at once, works
without JavaScript, stops runs.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect

from console.stack import processes
from console.stack.processes import Running
from policies.circuit import breaker_levers
from policies.circuit.models import Breaker
from policies.gate.models import ToolPolicy
from policies.halts import halt_levers
from policies.halts.models import Halt
from policies.thresholds.models import Thresholds
from runs import services
from runs.models import Run
from runs.runtime import worker_slots
from tests.browser.conftest import MILLISECONDS, Opener
from tests.browser.test_fleet_live import live
from tests.pages.lives import agent, running
from tests.pages.people import person, signed_in
from tests.runtime.conftest import now

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Refunds go to the wrong people"


def pull(page: Page, what: str, reason: str = REASON) -> None:
    page.keyboard.press("h")
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("radio", name=what).check()
    dialog.get_by_label("Why").fill(reason)
    dialog.get_by_role("button", name="Halt it").click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_lever_is_pulled_and_released_from_any_page(opened: Opener, otto: User) -> None:
    agent("refund-desk", tools=["get_order", "issue_refund"])
    running(otto)
    page = opened("/health/")
    page.keyboard.press("h")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("It reaches 1 active run of Refund desk.")
    dialog.get_by_role("radio", name="Tools").check()
    dialog.get_by_label("Which tools").fill("issue_*")
    expect(dialog.locator("#reach")).to_have_text("It reaches 1 active run of Refund desk.")
    dialog.get_by_label("Which tools").fill("send_email")
    expect(dialog.locator("#reach")).to_have_text("It reaches no run that is active now.")
    dialog.get_by_text("Cancel").click()
    assert not Halt.objects.exists()
    pull(page, "Everything irreversible")
    banner = page.locator("#halts .halt")
    expect(banner).to_contain_text("Everything irreversible is halted. some-operator at")
    expect(banner).to_contain_text(REASON)
    expect(page.locator("#toasts")).to_contain_text("In force everywhere within a second")
    page.locator("#halts").get_by_text("Turn off…").click()
    expect(page.locator("dialog[open]")).to_contain_text("No run is paused by it")
    page.get_by_role("button", name="Turn it off").click()
    expect(page.locator(".halt")).to_have_count(0)
    assert Halt.objects.get().released_by == "some-operator"


def test_a_halt_that_is_turned_off_on_its_own_page_is_said_to_be_off(
    opened: Opener, otto: User
) -> None:
    row = halt_levers.pull(reach="all", target="", reason=REASON, actor=otto, at=now())
    page = opened(f"/policies/halt/{row.pk}/release/")
    page.get_by_role("button", name="Turn it off").click()
    expect(page.locator("#toasts")).to_contain_text("Released.")
    expect(page.get_by_role("heading", name="Turned off")).to_be_visible()
    expect(page.locator(".halt")).to_have_count(0)


def test_a_halt_is_turned_off_from_the_palette_by_its_name(opened: Opener, otto: User) -> None:
    halt_levers.pull(reach="all", target="", reason=REASON, actor=otto, at=now())
    page = opened("/health/")
    page.keyboard.press("Control+k")
    page.keyboard.type("turn off")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_contain_text("Turn this halt off?")


def test_a_refusal_is_read_inside_the_dialog(opened: Opener) -> None:
    page = opened("/")
    pull(page, "Everything irreversible")
    page.keyboard.press("h")
    page.get_by_role("radio", name="Everything irreversible").check()
    page.get_by_label("Why").fill("once more")
    page.get_by_role("button", name="Halt it").click()
    expect(page.locator("dialog[open] [data-refusal]")).to_contain_text("on already")
    assert Halt.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "group"),
    [("/", "viewer"), ("/health/", "operator"), ("/audit/", "auditor"), ("/policies/", "approver")],
)
def test_the_banner_arrives_on_pages_that_are_open_already(
    opened: Opener, browser: Browser, web: Running, path: str, group: str
) -> None:
    seen = live(opened("/", group)) if path == "/" else opened(path, group)
    expect(seen.locator("#halts")).to_have_count(1)
    other = context_of(browser, web, "admin")
    page = other.new_page()
    page.goto(f"{web.url}/")
    pull(page, "Everything irreversible")
    expect(seen.locator(".halt")).to_contain_text(REASON)
    page.locator("#halts").get_by_text("Turn off…").click()
    page.get_by_role("button", name="Turn it off").click()
    expect(seen.locator(".halt")).to_have_count(0)
    other.close()


def context_of(browser: Browser, web: Running, group: str, **facts: Any) -> BrowserContext:
    context = browser.new_context(**facts)
    context.set_default_timeout(MILLISECONDS)
    context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": str(signed_in(group).session.session_key),
                "url": web.url,
            }
        ]
    )
    return context


def test_levers_work_without_javascript(browser: Browser, web: Running, otto: User) -> None:
    context = context_of(browser, web, "operator", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{web.url}/")
    page.get_by_role("link", name="Halt…").click()
    page.get_by_role("radio", name="Tools").check()
    page.get_by_label("Which tools").fill("send_*")
    page.get_by_label("Why").fill(REASON)
    page.get_by_role("button", name="Halt it").click()
    expect(page.locator(".halt")).to_contain_text("Every call of send_* is halted.")
    page.get_by_role("link", name="Turn off…").click()
    page.get_by_role("button", name="Turn it off").click()
    expect(page.locator(".halt")).to_have_count(0)
    assert Halt.objects.get().released_at is not None
    context.close()


def test_breakers_change_under_the_eyes_and_are_reset_by_hand(opened: Opener, otto: User) -> None:
    page = opened("/policies/breakers/")
    expect(page.locator("#breakers")).to_contain_text("No tool was called yet")
    breaker_levers.force_open(
        tool="get_rates", actor=otto, at=now(), reason="The courier is migrating"
    )
    expect(page.locator("#breakers tbody tr")).to_contain_text("otto: The courier is migrating")
    page.get_by_text("Reset…").click()
    page.get_by_label("Why").fill("They are done")
    page.get_by_role("button", name="Reset it").click()
    expect(page.locator("#breakers .pill")).to_have_text("Working")
    assert Breaker.objects.get().by == "user:some-operator"


@pytest.mark.parametrize(
    "path", ["/policies/", "/policies/breakers/", "/policies/halt/", "/policies/breakers/force/"]
)
def test_no_page_of_levers_is_wider_than_a_phone(opened: Opener, otto: User, path: str) -> None:
    breaker_levers.force_open(
        tool="a_tool_with_a_long_name" * 6, actor=otto, at=now(), reason="x" * 300
    )
    halt_levers.pull(reach="tool", target="z" * 200, reason="y" * 300, actor=otto, at=now())
    page = opened(path)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


MANY = 100
WORDS = (
    "harbour lantern orchard velvet thunder marble whisper copper meadow anchor saffron glacier"
    " ribbon ember willow quartz".split()
)


LETTER = """[[step]]
thought = "{0}"
delay = 2.0
[step.call]
tool = "send_email"
args = {{ to = "{0}@{1}.example", subject = "{1} {0}", body = "{0}" }}
"""


def letters() -> str:
    """A script of many different letters, one every two seconds."""
    pairs = [(one, other) for one in WORDS for other in WORDS if one != other]
    return "".join(LETTER.format(*pair) for pair in pairs[::3])


def tireless() -> None:
    """Letter after letter, some of them lost by a busy machine, is what the loop rules may rightly
    pause; here it is what runs are for.
    """
    rules = Thresholds.objects.get(kind=Thresholds.Kind.LOOPS)
    rules.changes = {"hint": 1.0, "pause": 1.0, "stop": 1.0}
    rules.save()


def test_halting_irreversible_tools_stops_the_next_such_call_of_a_hundred_live_runs_within_a_second(
    opened: Opener,
) -> None:
    tireless()
    ToolPolicy.objects.create(name="letters", tool="send_email", priority=1, verdict="allow")
    limits = {"max_steps": 20_000, "max_tokens": 10**9, "max_usd": 10**6}
    writer = agent("letters", tools=["send_email"], script=letters(), **limits)
    who = person("operator", "otto")
    for number in range(MANY):
        services.start(agent=writer, goal=f"letter {number}", principal=who, at=now())
    with processes.worker(slots=worker_slots.slots_for(MANY)), processes.clock():
        page = opened("/")
        running, paused = (
            page.locator("#tiles .tile b").nth(0),
            page.locator("#tiles .tile b").nth(2),
        )
        expect(running).to_have_text(str(MANY))
        pull(page, "Everything irreversible")
        expect(page.locator(".halt")).to_contain_text(REASON)
        expect(paused).to_have_text(str(MANY))
        assert begun_after(Halt.objects.get().pulled_at + timedelta(seconds=1)) == 0
        said = set(Run.objects.values_list("status", "stop_reason", "stop_detail"))
        assert {(status, reason) for status, reason, _ in said} == {("paused", "USER_PAUSED")}
        assert all(f"{REASON}. Everything irreversible is halted." in detail for *_, detail in said)
        page.locator("#halts").get_by_text("Turn off…").click()
        expect(page.get_by_label(f"Resume the {MANY} runs")).to_be_checked()
        page.get_by_role("button", name="Turn it off").click()
        expect(running).to_have_text(str(MANY))


def begun_after(moment: datetime) -> int:
    """Letters that were begun after that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM journal_event WHERE kind = 'call.intended' AND ts > %s", [moment]
        )
        return int(cursor.fetchone()[0])
