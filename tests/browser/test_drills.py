"""Fire drills in a real browser, played by a real worker: from the button to the board and the
report, and nothing that reaches the world outside.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Locator, Page, expect

from approvals.models import Channel, Delivery
from approvals.rules.run_news import News
from approvals.services import announcing, carrying
from console.stack.processes import Running
from runs.demo.models import Charge, Letter, Refund
from runs.drills import drilling
from runs.models import Agent, Drill
from tests.browser.conftest import Opener

pytestmark = pytest.mark.django_db(transaction=True)
ENDED = "Every run of the drill came to its end"


class Outside:
    """A server that stands for all that is outside, and keeps what it is asked."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked.append(self.path)
                self.send_error(503)

            def log_message(self, *_args: object) -> None:
                return

        self.asked = asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def outside(stage: None) -> Iterator[Outside]:
    """All that the refund desk and the channels could reach outside, in one server."""
    made = Outside()
    Agent.objects.filter(name="refund-desk").update(
        planner="openai:gpt-5-mini", base_url=made.url, tiers={"judge": "openai:gpt-5-mini"}
    )
    Channel.objects.create(
        name="hook", kind="webhook", target=made.url, events=[each.value for each in News]
    )
    yield made
    made.server.shutdown()
    made.server.server_close()


def now() -> datetime:
    return datetime.now(UTC)


def started(page: Page, title: str) -> None:
    page.get_by_role("link", name="Drills").first.click()
    page.get_by_role("radio", name=title).check()
    page.get_by_label("With a shadow copy of").select_option("refund-desk")
    page.get_by_role("button", name="Start the drill").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def state_of(page: Page, words: str) -> Locator:
    return page.get_by_role("row", name=words).locator(".pill")


def reported(page: Page) -> None:
    """The clock's round ends the drill once its last line has come by itself."""
    expect(state_of(page, ENDED)).to_have_text("Held")
    carrying.hand_over(announcing.gather(at=now()))
    drilling.tend(at=now())
    expect(page.locator("#board .drill-line .pill")).to_have_text("Held")
    expect(page.get_by_role("table").get_by_text("Not held")).to_have_count(0)


def test_five_drills_hold_and_nothing_reaches_the_world_outside(
    outside: Outside, worker: Running, opened: Opener
) -> None:
    page = opened("/drills/", "admin")
    for title in ("A tool hangs", "The provider is down", "The journal is touched"):
        started(page, title)
        reported(page)
    started(page, "A poisoned result asks for a payment")
    page.get_by_role("link", name="Answer").click()
    expect(page.locator("#card .tag").first).to_have_text("Drill")
    page.get_by_role("button", name="Deny").first.click()
    page.goto(
        page.url.partition("/approvals/")[0] + f"/drills/{Drill.objects.get(ended_at=None).pk}/"
    )
    reported(page)
    started(page, "The agent insists")
    expect(state_of(page, "The run was held before the script was over")).to_have_text("Held")
    drilling.tend(at=now())
    expect(page.locator("#board .drill-line .pill")).to_have_text("Held")
    assert list(Drill.objects.values_list("held", flat=True)) == [True] * 5
    assert outside.asked == []
    assert not any(each.objects.exists() for each in (Refund, Letter, Charge, Delivery))
