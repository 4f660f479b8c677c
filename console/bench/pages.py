"""Every page in Chromium, in light, dark, on a phone and at 1280×720, with twenty runs live.

`first_paint_ms` is the slowest page's median of five looks, each by a browser that was never here
before; `fleet_kb` and `run_kb` (a run of `--steps` steps) are the page itself as it comes over the
wire.
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from console.bench import page_list, page_looks, page_stage
from console.bench.page_list import ListedPage
from console.bench.page_looks import MODES, PageLook
from console.bench.page_stage import PageStage

LOOKS = 5
SLOWEST = 8
"""Pages whose first paint is told one by one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=20, help="that are live")
    parser.add_argument("--steps", type=int, default=5_000, help="of the longest run")
    parser.add_argument("--looks", type=int, default=LOOKS, help="at each page")
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    parser.add_argument("--only", nargs="+", default=[""], help="pages whose name begins so")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each page and mode")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with page_stage.played(options.runs, seconds=1.0) as stage:
        long = page_stage.long_run(options.steps)
        pages = [
            page for page in page_list.listed(long) if page.name.startswith(tuple(options.only))
        ]
        looks = looked(stage, pages, options)
    tell(looks)
    return figures(pages, looks)


def looked(
    stage: PageStage, pages: Sequence[ListedPage], options: argparse.Namespace
) -> list[PageLook]:
    """Each page in each mode, and then again until there are as many looks at it as were wanted."""
    looks: list[PageLook] = []
    again = ["light"] * (options.looks - len(options.modes))
    with page_looks.browsing() as browser:
        for page in pages:
            for number, mode in enumerate([*options.modes, *again]):
                with page_looks.signed_in(browser, stage, page.who, mode) as context:
                    shown, look = page_looks.opened(context, stage, page, mode)
                    looks.append(look)
                    if number < len(options.modes):
                        studied(shown, look, options.pictures)
    return looks


def studied(page: Page, look: PageLook, pictures: Path | None) -> None:
    """What takes longer than a look: a picture, axe, and every width."""
    if pictures:
        page_looks.picture(page, pictures, look)
    page_looks.judge(page, look)
    if look.mode in {"light", "phone"}:
        page_looks.widen(page, look)


def tell(looks: Sequence[PageLook]) -> None:
    """What is to be mended, on the error output: the figures only count it."""
    for look in looks:
        for found in (*look.wrong, *look.violations, *look.reports, *look.sideways):
            print(f"{look.page} ({look.mode}): {found}", file=sys.stderr)


def figures(pages: Sequence[ListedPage], looks: Sequence[PageLook]) -> dict[str, int | float]:
    paints = {
        page.name: statistics.median(look.paint for look in looks if look.page == page.name)
        for page in pages
    }
    slowest = sorted(paints, key=lambda name: -paints[name])
    most = max(looks, key=lambda look: look.requests)
    told = ", ".join(f"{name} {paints[name]:.0f}" for name in slowest[:SLOWEST])
    print(f"slowest: {told}; most requests: {most.page} ({most.mode})", file=sys.stderr)
    return {
        "pages": len(pages),
        "looks": len(looks),
        "wrong": sum(len(look.wrong) for look in looks),
        "axe_violations": sum(len(look.violations) for look in looks),
        "sideways": sum(len(look.sideways) for look in looks),
        "csp_reports": sum(len(look.reports) for look in looks),
        "requests_max": most.requests,
        "fleet_kb": size(looks, "fleet"),
        "run_kb": size(looks, "run-long"),
        "first_paint_ms": round(paints[slowest[0]], 1),
        "first_paint_fleet_ms": round(paints.get("fleet", -1.0), 1),
        "first_paint_run_ms": round(paints.get("run", -1.0), 1),
    }


def size(looks: Sequence[PageLook], page: str) -> float:
    """The largest that this page was, in kilobytes."""
    return round(max((look.size for look in looks if look.page == page), default=0) / 1_000, 1)
