"""What axe says of a page as it stands."""

from importlib.resources import files

from playwright.sync_api import Page

AXE = "axe.run(document, { resultTypes: ['violations'] })"


def seen_by_axe(page: Page) -> list[str]:
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    return [
        f"{each['id']}: {each['nodes'][0]['html']}" for each in page.evaluate(AXE)["violations"]
    ]
