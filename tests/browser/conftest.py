"""A browser that is signed in, and that fails its test for anything the page's own console
complains about.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings

from console.stack.processes import Running
from runs.demo.seed import seed
from tests.live import sockets
from tests.pages.people import signed_in
from tests.patience import PATIENCE

Opener = Callable[..., Page]
Opened = Callable[[str, str], Page]
EXPECTED = (
    "status of 404",
    "status of 409",
    "status of 403",
    "status of 422",
    "Error Code 409",
)  # answers that a test provokes
MILLISECONDS = PATIENCE * 1000

# everything here waits for a condition, and the machine may be busy
expect.set_options(timeout=MILLISECONDS)


def intercept(page: Page) -> Page:
    """Let a test hold up what the page asks for, from its first request on.

    Interception that begins while a page is open misses what is sent in that moment.
    """
    page.route("**/never-asked-for", lambda route: route.abort())
    return page


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(MILLISECONDS)
    return context


@pytest.fixture
def intercepted(page: Page) -> Page:
    """Whose requests a test may hold up while it is open."""
    return intercept(page)


@pytest.fixture
def otto(transactional_db: None) -> User:
    """Whose runs the tests look at; not who looks."""
    return User.objects.create_user("otto")


@pytest.fixture
def provoked() -> list[str]:
    """What else the console may complain about, because a test brings it about."""
    return []


@pytest.fixture
def opened(
    context: BrowserContext, page: Page, web: Running, provoked: list[str], transactional_db: None
) -> Iterator[Opener]:
    """Opens a path of the console as somebody of a group."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )

    def open_as(path: str, group: str = "operator") -> Page:
        key = signed_in(group).session.session_key
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": str(key), "url": web.url}]
        )
        page.goto(web.url + path)
        return page

    yield open_as
    assert [
        one for one in complaints if not any(code in one for code in (*EXPECTED, *provoked))
    ] == []


@pytest.fixture
def stage(settings: Settings, transactional_db: None) -> None:
    """The demo's people, agents and orders, and nobody who plays them."""
    settings.DEMO = False
    seed(at=datetime.now(UTC))


@pytest.fixture
def browsers(browser: Browser, web: Running) -> Iterator[Opened]:
    """Opens a page in a browser of that person's own, whose clock a test may move on."""
    contexts = []

    def open_page(who: str, path: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(MILLISECONDS)
        contexts.append(context)
        context.clock.install()
        key = sockets.session_of(User.objects.get(username=who))
        context.add_cookies(
            [{"name": sockets.cookie("").rstrip("="), "value": key, "url": web.url}]
        )
        page = intercept(context.new_page())
        page.goto(web.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
