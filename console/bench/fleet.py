"""How long the pages of a large house take, by their views, signed in as an operator: every tab,
filter and way of asking of the fleet, a run of thousands of steps, approvals, health. Server time,
warm, in milliseconds.

`queries_growth` is how many more statements a page makes with this many runs than with a thousand.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.bench import large_set, large_set_rows
from console.bench.large_set_rows import LargeSet

FEW = 1_000
WARM, TIMES = 1, 9
VIEWS = ("", "running", "person", "paused", "bad", "ended")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=1_000_000, help="default 1,000,000")
    parser.add_argument("--events", type=int, default=10_000_000, help="default 10,000,000")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each is asked")
    parser.add_argument("--only", default="", help="cases whose name begins so")


@dataclass(frozen=True, slots=True)
class PageCase:
    """One page: what it is called, its address, and what a row of it looks like in its HTML."""

    name: str
    url: str
    row: str = 'data-run="'


@dataclass(frozen=True, slots=True)
class PageFigure:
    """What one case took, in milliseconds, the rows it showed and the statements it made."""

    p50: float
    p95: float
    rows: int
    queries: int


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    with large_set.used(FEW, FEW * 10) as small:
        few = {case.name: statements(client(), case) for case in cases(small.house, options.only)}
    with large_set.used(options.runs, options.events) as made:
        found = {
            case.name: figure(client(), case, options.times)
            for case in cases(made.house, options.only)
        }
        figures = told(found, few)
        return {"made_s": round(made.seconds, 1), **figures}


def told(found: Mapping[str, PageFigure], few: Mapping[str, int]) -> dict[str, int | float]:
    fleet = {name: each for name, each in found.items() if name.startswith("fleet")}
    growth = {name: each.queries - few[name] for name, each in found.items()}
    for name, each in found.items():
        print(
            f"{each.p50:8.1f} {each.p95:8.1f} ms {each.rows:5} rows {each.queries:3} queries"
            f" {growth[name]:+d}  {name}",
            file=sys.stderr,
        )
    return {
        "cases": len(fleet),
        "empty_cases": sum(not each.rows for each in found.values()),
        "p50_ms": max(each.p50 for each in fleet.values()),
        "p95_ms": max(each.p95 for each in fleet.values()),
        "queries_growth": max(growth.values()),
        **{
            f"{name}_p50_ms": each.p50
            for name, each in found.items()
            if not name.startswith("fleet")
        },
    }


def client() -> Client:
    """A browser of the operator that the set was made for."""
    browser = Client(SERVER_NAME="localhost")
    operator = User.objects.get(username="person-00")
    browser.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def cases(house: LargeSet, only: str) -> list[PageCase]:
    found = [*fleet_cases(house), *other_cases(house)]
    return [case for case in found if case.name.startswith(only)]


def fleet_cases(house: LargeSet) -> Iterator[PageCase]:
    agents = {"": "", "agent": "agent-03", "rare agent": large_set_rows.RARE_AGENT}
    for view in VIEWS:
        for named, agent in agents.items():
            for mine in ("", "1"):
                if named.startswith("rare") and mine:
                    continue
                words = " ".join(filter(None, (view or "all", named, "mine" if mine else "")))
                yield PageCase(f"fleet {words}", f"/?view={view}&agent={agent}&mine={mine}")
    for view in VIEWS:
        for said, text in asked(house).items():
            if view in ("", "ended") or said.startswith("common"):
                yield PageCase(f"fleet {view or 'all'} {said}", f"/?view={view}&q={text}")
    for said, text in asked(house).items():
        yield PageCase(f"fleet find {said}", f"/find/?q={text}")


def asked(house: LargeSet) -> Mapping[str, str]:
    ended = house.runs // 3 // 100 * 100
    return {
        "common word": "refund",
        "common words": "refund+order",
        "rare word": large_set_rows.RARE_WORD,
        "number": str(100_000 + ended),
        "id prefix": house.key(ended)[:8],
        "id": house.key(ended),
    }


def other_cases(house: LargeSet) -> Iterator[PageCase]:
    yield PageCase("approvals", "/approvals/", "<li")
    yield PageCase("health", "/health/", "<tr")
    yield PageCase("run", f"/runs/{house.key(house.long_run)}/", "<tr")


def statements(browser: Client, case: PageCase) -> int:
    browser.get(case.url, follow=True)
    with CaptureQueriesContext(connection) as seen:
        browser.get(case.url, follow=True)
    return len(seen)


def figure(browser: Client, case: PageCase, times: int) -> PageFigure:
    queries, took, shown = statements(browser, case), [], 0
    for _ in range(times):
        began = time.perf_counter()
        answer = browser.get(case.url, follow=True)
        took.append((time.perf_counter() - began) * 1_000)
        if answer.status_code != 200:
            raise RuntimeError(f"{case.url} answered {answer.status_code}")
        shown = answer.content.decode().count(case.row)
    took.sort()
    return PageFigure(statistics.median(took), took[int(len(took) * 0.95)], shown, queries)
