"""How long the pages of a large house take, by their views, signed in as an operator: every tab,
filter and way of asking of the fleet, a run of thousands of steps, approvals, health. Server time,
warm, in milliseconds.

`queries_growth` is how many more statements a page makes with this many runs than with a thousand.
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from console.bench import large_set, large_set_house
from console.bench.large_set_house import LargeSet
from console.journal import content_index

FEW = 1_000
WARM, TIMES = 1, 9
INDEXING = 60.0
"""Seconds that indexing what was written here may take."""
RARE = f"agent:{large_set_house.RARE_AGENT}"
TABS = ("", "running", "person", "paused", "failed", "ended")
TABS_NARROWED = ("person", "failed", "ended")


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
    gc.freeze()  # as a server does once it is loaded
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
    """A browser of the operator that the set was made for. No clock is at work here: what signing
    in has written is indexed at once, as a clock does within a second.
    """
    browser = Client(SERVER_NAME="localhost")
    operator = User.objects.get(username="person-00")
    browser.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    content_index.go_round(INDEXING)
    return browser


def cases(house: LargeSet, only: str) -> list[PageCase]:
    found = [*fleet_cases(house), *other_cases(house)]
    return [case for case in found if case.name.startswith(only)]


def fleet_cases(house: LargeSet) -> Iterator[PageCase]:
    """Every tab by every filter, all that the box can be asked, pages far behind, and what an open
    page asks again. The list has one order only.
    """
    filters = {"": "", "agent": "agent:agent-03", "rare agent": RARE, "mine": "principal:me",
               "agent mine": "agent:agent-03 principal:me"}  # fmt: skip
    asks = asked(house)
    few = {
        **dict.fromkeys(("common word", "not a word", "tool", "cost"), TABS_NARROWED),
        "phrase": ("ended",),
        "rare word": ("failed", "ended"),
    }
    for tab in TABS:
        yield from (asking(tab, said, text) for said, text in filters.items())
    yield from (asking("", said, text) for said, text in asks.items())
    for said, tabs in few.items():
        yield from (asking(tab, said, asks[said]) for tab in tabs)
    for said in ("agent", "common word", "tool"):
        yield asking("", said, {**asks, **filters}[said], before=far_behind(house))
    for said in ("common word", "rare word", "number", "id prefix", "id", "tool"):
        yield PageCase(f"fleet find {said}", f"/find/?{urlencode({'q': asks[said]})}")
    keys = ",".join(house.key(number) for number in range(house.runs - 50, house.runs))
    for said, text in {"all": "", "ended": "status:ended", "common word": "refund"}.items():
        query = urlencode({"q": text, "ids": keys, "new": keys})
        yield PageCase(f"fleet rows {said}", f"/fleet/rows/?{query}")


def asking(tab: str, said: str, text: str, before: str = "") -> PageCase:
    words = (tab or "all", said, "far behind" if before else "")
    pairs = {"q": " ".join(filter(None, (f"status:{tab}" if tab else "", text)))}
    if before:
        pairs["before"] = before
    return PageCase(" ".join(filter(None, ("fleet", *words))), f"/?{urlencode(pairs)}")


def far_behind(house: LargeSet) -> str:
    """The cursor of a page in the middle of the list."""
    number = house.runs // 2
    at = house.created(number).timestamp() * 1_000_000
    return f"ended~{at:.0f}~{house.key(number).replace('-', '')}"


def asked(house: LargeSet) -> Mapping[str, str]:
    """What the box can be asked, each of its fields and each kind of word."""
    ended = house.runs // 3 // 100 * 100
    key, number = house.key(ended), str(100_000 + ended)
    return {
        "common word": "refund",
        "common words": "refund order lamp",
        "phrase": f'"{house.goal(ended)[: house.goal(ended).index(" ", 12)]}"',
        "common phrase": '"refund order"',
        "rare word": large_set_house.RARE_WORD,
        "not a rare word": f"-{large_set_house.RARE_WORD}",
        "not a word": "refund -lamp",
        "number": number,
        "number as written": f"{int(number):,}.00",
        "id prefix": key[:8],
        "id": key,
        "tool": "tool:refund",
        "rare tool": f"tool:{large_set_house.RARE_TOOL}",
        "tools": "tool:refund,send_email",
        "tool and verdict": "tool:refund verdict:failed",
        "rare tool and verdict": f"tool:{large_set_house.RARE_TOOL} verdict:failed",
        "not a tool": f"-tool:{large_set_house.RARE_TOOL}",
        "word and tool": f"lamp tool:{large_set_house.RARE_TOOL}",
        "verdict": "verdict:failed",
        "kind": "kind:run.stopped",
        "kinds": "kind:run.*",
        "model": f"model:{large_set_house.MODEL}",
        "actor": "actor:person-07",
        "approver": "approver:person-07",
        "act": "act:approve",
        "any act": "act:any",
        "reason": "reason:timeout",
        "status": "status:failed,killed",
        "principal": "principal:person-07",
        "title": 'agent:"Agent 03"',
        "agents": "agent:agent-0*",
        "cost": "cost<1",
        "steps": "steps>1000",
        "tokens": "tokens<10k",
        "limit": "limit<1%",
        "age": f"age<{days_since(house, 0.99)}d",
        "ended": f"ended<{days_since(house, 0.99)}d",
        "at": f"at:{house.created(house.runs // 2):%Y-%m-%d}",
        "run": f"run:{key[:8]}",
        "correlation": f"correlation:{house.correlation(ended)[:8]}",
    }


def days_since(house: LargeSet, share: float) -> int:
    """Days since this share of the runs had begun."""
    return (datetime.now(UTC) - house.created(int(house.runs * share))).days + 1


def other_cases(house: LargeSet) -> Iterator[PageCase]:
    yield PageCase("approvals", "/approvals/", "<li")
    yield PageCase("health", "/health/", "<tr")
    yield PageCase("run", f"/runs/{house.key(house.long_run)}/", "<tr")
    yield PageCase("insights", "/insights/?range=365d", "<tr")


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
