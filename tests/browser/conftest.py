"""A browser that is signed in, and that fails its test for anything the page's own console complains about."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from console.stack.processes import Running
from tests.pages.people import signed_in
from tests.patience import PATIENCE

Opener = Callable[..., Page]
EXPECTED = ("status of 404", "status of 409", "status of 403", "status of 422", "Error Code 409")  # answers that a test provokes
MILLISECONDS = PATIENCE * 1000

# everything here waits for a condition, and the machine may be busy
expect.set_options(timeout=MILLISECONDS)


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(MILLISECONDS)
    return context


@pytest.fixture
def otto(transactional_db: None) -> User:
    """Whose runs the tests look at; not who looks."""
    return User.objects.create_user("otto")


@pytest.fixture
def opened(context: BrowserContext, page: Page, web: Running, transactional_db: None) -> Iterator[Opener]:
    """Opens a path of the console as somebody of a group."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    def open_as(path: str, group: str = "operator") -> Page:
        key = signed_in(group).session.session_key
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": str(key), "url": web.url}])
        page.goto(web.url + path)
        return page

    yield open_as
    assert [one for one in complaints if not any(code in one for code in EXPECTED)] == []
