"""One look at a page in Chromium: what it cost to open, what axe and the page's own policy say of
it, and whether it runs out sideways.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    Response,
    WebSocket,
    sync_playwright,
)

from console.bench.page_list import ListedPage
from console.bench.page_stage import PageStage
from console.stack import chromium

WIDTHS = (320, 390, 768, 1024, 1280, 1440, 1920)
MODES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    "laptop": {"viewport": {"width": 1280, "height": 720}},
}
REPORTS = """window.policyReports = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  policyReports.push(`${violatedDirective} ${blockedURI}`));"""
SETTLED = "document.fonts.ready.then(() => new Promise(done => setTimeout(done, 50)))"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"
AXE = "axe.run(document, { resultTypes: ['violations'] })"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class PageLook:
    """What one look told. Sizes are bytes of the page itself over the wire, times milliseconds."""

    page: str
    mode: str
    requests: int = 0
    size: int = 0
    paint: float = -1.0
    wrong: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)


@contextmanager
def browsing() -> Iterator[Browser]:
    """The machine's Chromium. Nothing here may ask the database: this process has an event loop
    now.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find() or chromium.install(), args=chromium.arguments()
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def signed_in(browser: Browser, stage: PageStage, who: str, mode: str) -> Iterator[BrowserContext]:
    """A browser that was never here before, as this person's."""
    context = browser.new_context(**MODES[mode])
    context.add_init_script(REPORTS)
    if who:
        name, _, value = stage.cookies[who].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": stage.url}])
    try:
        yield context
    finally:
        context.close()


def opened(
    context: BrowserContext, stage: PageStage, listed: ListedPage, mode: str
) -> tuple[Page, PageLook]:
    """The page as it stands once it is loaded, and what that took."""
    look, page = PageLook(listed.name, mode), context.new_page()
    asked: list[Request | WebSocket] = []
    # Playwright cannot wrap a list's own method
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108
    page.on("websocket", lambda socket: asked.append(socket))  # noqa: PLW0108
    page.on("pageerror", lambda error: look.wrong.append(str(error)))
    answer = page.goto(stage.url + listed.path, wait_until="load")
    page.evaluate(SETTLED)
    look.requests = len(asked)
    look.paint = page.evaluate(PAINT)
    if answer is None or answer.status != listed.status:
        look.wrong.append(f"answered {answer and answer.status}")
    elif urlsplit(page.url).path != urlsplit(listed.path).path:
        look.wrong.append(f"led to {page.url}")
    else:
        look.size = _size(answer)
    return page, look


def _size(answer: Response) -> int:
    return answer.request.sizes()["responseBodySize"]


def judge(page: Page, look: PageLook) -> None:
    """Add what axe finds, and what the page's own policy had to stop."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    for found in page.evaluate(AXE)["violations"]:
        where = "; ".join(str(node["target"][0]) for node in found["nodes"][:3])
        look.violations.append(f"{found['id']}: {where}")
    look.reports += page.evaluate("policyReports")


def widen(page: Page, look: PageLook) -> None:
    """Add at which widths the page runs out sideways."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if (over := page.evaluate(WIDER)) > 0:
            look.sideways.append(f"{over} px at {width}")


def picture(page: Page, folder: Path, look: PageLook) -> None:
    page.screenshot(path=folder / f"{look.page}-{look.mode}.png")
