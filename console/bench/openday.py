"""A page that stays open for ten minutes in Chromium while 200 runs take 20 steps a second: what it
holds on to, and how busy it keeps its tab.

`nodes_growth` and `heap_growth` are what the page holds at the end against what it held once it had
settled, each after a collection of garbage; `busy` is the share of the time in which its tab
worked, `busy_own` the part in which it had a core for that: what is between them, others took.
"""

import argparse
import time
from collections.abc import Mapping

from django.urls import reverse
from playwright.sync_api import CDPSession, Page

from console.bench import page_looks, page_stage
from console.bench.page_list import ListedPage
from console.bench.page_stage import PageStage

SETTLING = 30.0
"""Seconds after which a page holds what it needs: by then every row was drawn anew at least once.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=200, help="that are live")
    parser.add_argument("--rate", type=float, default=20.0, help="steps a second of all runs")
    parser.add_argument("--minutes", type=float, default=10.0, help="that the page is open")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    # without the demo, whose new runs would make the page longer
    with page_stage.played(options.runs, options.runs / options.rate, {}) as stage:
        return watched(stage, options.minutes * 60) | {"runs": options.runs}


def watched(stage: PageStage, seconds: float) -> dict[str, int | float]:
    fleet = ListedPage("fleet", reverse("fleet"), "operator")
    with (
        page_looks.browsing() as browser,
        page_looks.signed_in(browser, stage, fleet.who, "light") as context,
    ):
        page, look = page_looks.opened(context, stage, fleet, "light")
        loads: list[str] = []
        page.on("load", lambda _page: loads.append("again"))
        told = context.new_cdp_session(page)
        told.send("Performance.enable")
        waited(page, SETTLING)
        first = held(told)
        waited(page, seconds)
        last = held(told)
    passed = last["Timestamp"] - first["Timestamp"]

    def share(name: str) -> float:
        return round((last[name] - first[name]) / passed, 3)

    return {
        "minutes": round(passed / 60, 2),
        "nodes": round(last["Nodes"]),
        "nodes_growth": round(last["Nodes"] / first["Nodes"], 3),
        "heap_mb": round(last["JSHeapUsedSize"] / 1e6, 2),
        "heap_growth": round(last["JSHeapUsedSize"] / first["JSHeapUsedSize"], 3),
        "busy": share("TaskDuration"),
        "busy_own": share("ThreadTime"),
        "busy_scripts": share("ScriptDuration"),
        "busy_layout": share("LayoutDuration"),
        "busy_style": share("RecalcStyleDuration"),
        "loaded_again": len(loads),
        "wrong": len(look.wrong),
    }


def waited(page: Page, seconds: float) -> None:
    """Let the page go on by itself; it is the browser that waits, so that its events are heard."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        page.wait_for_timeout(min(left, 5.0) * 1_000)


def held(told: CDPSession) -> Mapping[str, float]:
    """What the tab holds and how long it has worked, after its garbage was collected."""
    told.send("HeapProfiler.collectGarbage")
    told.send("HeapProfiler.collectGarbage")
    found = told.send("Performance.getMetrics")["metrics"]
    return {each["name"]: float(each["value"]) for each in found}
