"""The page's side of the live feed in a real browser: what it announces, how it comes back, when it
admits to be stale.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebSocketRoute, expect

from console.live.publish import publish
from console.stack.processes import Running
from tests.live import sockets
from tests.live.sockets import frame

pytestmark = pytest.mark.django_db(transaction=True)

LISTEN = """for (const name of ["live:frame", "live:gap", "live:state", "live:ended"])
  document.addEventListener(name, ({ detail }) => {
    console.log(JSON.stringify({ name, ...detail }))
  })"""
HIDE = """Object.defineProperty(document, "hidden", { get: () => globalThis.unseen === true })"""
BEAT = '{"beat": "2026-11-20T15:47:00Z", "every": 1, "feed": "up"}'


def heard(name: str, **wanted: object) -> Callable[[ConsoleMessage], bool]:
    """Whether a message of the console is that event with those details."""

    def is_it(message: ConsoleMessage) -> bool:
        if not message.text.startswith('{"name"'):
            return False
        event: dict[str, Any] = json.loads(message.text)
        return event["name"] == name and all(
            event.get(key) == value for key, value in wanted.items()
        )

    return is_it


@pytest.fixture
def fleet(context: BrowserContext, page: Page, web: Running) -> Page:
    """A page of a signed-in operator that notes what the live feed announces; not opened yet."""
    key = sockets.session_of(sockets.person("operator"))
    context.add_cookies([{"name": sockets.cookie("").rstrip("="), "value": key, "url": web.url}])
    page.add_init_script(LISTEN)
    page.add_init_script(HIDE)
    return page


def opened(page: Page, web: Running) -> Page:
    with page.expect_console_message(heard("live:state", state="connected")):
        page.goto(web.url)
    return page


def followed(page: Page, run: str) -> None:
    """The page is told of each event of the run from now on, and has read two.

    A page may call itself connected before the server knows what it wants to watch; what was
    published in between reaches it as a gap, so the first news of either kind is waited for.
    """
    with page.expect_console_message(
        lambda message: heard("live:frame", run=run)(message) or heard("live:gap")(message)
    ):
        publish(frame(run, 1))
    with page.expect_console_message(heard("live:frame", run=run, seq=2)):
        publish(frame(run, 2))


def test_a_frame_is_announced_to_the_page(fleet: Page, web: Running) -> None:
    run = str(uuid4())
    followed(opened(fleet, web), run)
    with fleet.expect_console_message(heard("live:frame", run=run, seq=3, at=sockets.AT)):
        publish(frame(run, 3, tool="get_order"))


def test_a_hole_between_frames_is_a_gap_of_that_run(fleet: Page, web: Running) -> None:
    run = str(uuid4())
    followed(opened(fleet, web), run)
    with fleet.expect_console_message(heard("live:gap", runs=[run])):
        publish(frame(run, 4))


def test_a_run_is_over_when_the_server_says_so_and_not_before(fleet: Page, web: Running) -> None:
    run = str(uuid4())
    followed(opened(fleet, web), run)
    ends: list[str] = []
    fleet.on(
        "console",
        lambda message: (
            ends.append(message.text) if heard("live:ended", run=run)(message) else None
        ),
    )
    with fleet.expect_console_message(heard("live:frame", run=run, seq=4)):
        publish(frame(run, 3, status="stopped"))
        publish(frame(run, 4, status="stopped"))
    assert ends == []
    with fleet.expect_console_message(heard("live:ended", run=run)):
        publish(frame(run, 5, status="stopped", ended_at=sockets.AT))


def test_a_lost_connection_comes_back_and_asks_what_was_missed(fleet: Page, web: Running) -> None:
    run = sockets.chain(events=2)
    lines: list[WebSocketRoute] = []

    def through(line: WebSocketRoute) -> None:
        lines.append(line)
        line.connect_to_server()

    fleet.route_web_socket("**/live/", through)
    followed(opened(fleet, web), run)
    with fleet.expect_console_message(heard("live:gap", runs=[run])):
        sockets.grow(run, 1)
        lines[0].close(code=1012)
    assert len(lines) == 2


def silent(lines: list[WebSocketRoute]) -> Callable[[WebSocketRoute], None]:
    """A server that says it is there and no more."""

    def answer(line: WebSocketRoute) -> None:
        lines.append(line)
        line.send(BEAT)

    return answer


def opened_on_silence(page: Page, web: Running) -> list[WebSocketRoute]:
    """The page follows a server that says no more than that it is there; the page's clock is held.
    Gives the lines that it dials, as it dials them.
    """
    lines: list[WebSocketRoute] = []
    page.clock.install()
    page.route_web_socket("**/live/", silent(lines))
    opened(page, web)
    return lines


def test_a_feed_that_falls_silent_is_said_so_within_three_seconds_and_dialled_again(
    fleet: Page, web: Running
) -> None:
    lines = opened_on_silence(fleet, web)
    with fleet.expect_console_message(
        heard("live:state", state="silent", at="2026-11-20T15:47:00Z")
    ):
        fleet.clock.run_for(3_000)
    with fleet.expect_console_message(heard("live:state", state="connected")):
        fleet.clock.run_for(3_200)
    assert len(lines) == 2


def test_whoever_was_signed_out_and_is_back_is_followed_again(fleet: Page, web: Running) -> None:
    lines = opened_on_silence(fleet, web)
    with fleet.expect_console_message(heard("live:state", state="signed_out")):
        lines[0].close(code=4401)
    with fleet.expect_console_message(heard("live:state", state="connected")):
        fleet.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_laptop_that_slept_dials_at_once_and_reads_everything_again(
    fleet: Page, web: Running
) -> None:
    lines = opened_on_silence(fleet, web)
    with fleet.expect_console_message(heard("live:gap", why="the machine was asleep", runs=None)):
        fleet.clock.fast_forward(3_600_000)
    with fleet.expect_console_message(heard("live:state", state="connected")):
        fleet.clock.run_for(600)
    assert len(lines) == 2


def test_a_feed_that_is_down_behind_the_server_is_stale(fleet: Page, web: Running) -> None:
    lines: list[WebSocketRoute] = []
    fleet.route_web_socket("**/live/", silent(lines))
    opened(fleet, web)
    with fleet.expect_console_message(heard("live:state", state="stale")):
        lines[0].send(BEAT.replace("up", "down"))


def test_whoever_is_signed_out_is_told_and_not_dialled_for_ever(fleet: Page, web: Running) -> None:
    lines = opened_on_silence(fleet, web)
    with fleet.expect_console_message(heard("live:state", state="signed_out")):
        lines[0].close(code=4401)
    fleet.clock.run_for(120_000)
    assert len(lines) == 1


def test_a_hidden_page_rests_and_fetches_everything_when_it_is_looked_at(
    fleet: Page, web: Running
) -> None:
    lines = opened_on_silence(fleet, web)
    look = (
        "unseen => { globalThis.unseen = unseen; document.dispatchEvent(new"
        " Event('visibilitychange')) }"
    )
    fleet.evaluate(look, True)
    with fleet.expect_console_message(heard("live:state", state="paused")):
        for _ in range(7):
            lines[0].send(BEAT)
            fleet.clock.run_for(10_000)
    with fleet.expect_console_message(heard("live:gap", runs=None)):
        fleet.evaluate(look, False)
    with fleet.expect_console_message(heard("live:state", state="connected")):
        fleet.clock.run_for(100)
    assert len(lines) == 2


def test_a_feed_that_says_the_same_again_writes_nothing(fleet: Page, web: Running) -> None:
    page = opened(fleet, web)
    expect(page.locator("#feed")).to_have_text("Live")
    written = page.evaluate(
        """new Promise(done => {
          let [changes, said] = [0, 0];
          new MutationObserver(found => { changes += found.length }).observe(
            document.getElementById("feed"),
            { attributes: true, childList: true, characterData: true, subtree: true });
          document.addEventListener("live:state", () => ++said === 4 && done(changes));
        })"""
    )
    assert written == 0
