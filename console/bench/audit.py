"""How long a search of a large journal takes: by every field, alone and together, from either end
and page after page, and by words; and the page that shows it. Server time, warm, in milliseconds.

It uses the data set of `bench fleet`, which has a tenth as many runs as events.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from console.bench import fleet, large_set, large_set_rows
from console.bench.large_set_rows import LargeSet
from console.journal import selectors
from console.journal.query import JournalQuery
from console.journal.records import PEOPLE, USER_HIDDEN, VISIBLE

READER = frozenset({VISIBLE, USER_HIDDEN})
TIMES = 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=10_000_000, help="default 10,000,000")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each is asked")


@dataclass(frozen=True, slots=True)
class SearchCase:
    """One search: what it is called, its query, and where its page begins."""

    name: str
    query: JournalQuery
    place: Mapping[str, int] = field(default_factory=dict)


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    with large_set.used(options.events // 10, options.events) as made:
        times, house = options.times, made.house
        found = [(case, *timed(partial(searched, case), times)) for case in cases(house)]
        pages = [(each, *timed(partial(paged, each), times)) for each in addresses(house)]
    for case, took, rows in found:
        print(f"{took:8.1f} ms {rows:4} rows  {case.name}", file=sys.stderr)
    for address, took, rows in pages:
        print(f"{took:8.1f} ms {rows:4} rows  /audit/?{address}", file=sys.stderr)
    by_words = [took for case, took, _ in found if case.query.words]
    return {
        "made_s": round(made.seconds, 1),
        "cases": len(found),
        "empty_cases": sum(not rows for *_, rows in [*found, *pages]),
        "p50_ms": max(took for case, took, _ in found if not case.query.words),
        "words_p50_ms": max(by_words),
        "page_p50_ms": max(took for _, took, _ in pages),
    }


def timed(work: Callable[[], int], times: int) -> tuple[float, int]:
    """The median of so many times, in milliseconds, and what the work counted."""
    rows, took = work(), []
    for _ in range(times):
        began = time.perf_counter()
        rows = work()
        took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took), rows


def searched(case: SearchCase) -> int:
    return len(selectors.search(case.query, clearance=READER, **case.place).entries)


def paged(address: str) -> int:
    answer = fleet.client().get(f"/audit/?{address}")
    if answer.status_code != 200:
        raise RuntimeError(f"/audit/?{address} answered {answer.status_code}")
    return answer.content.decode().count('<tr id="event-')


def cases(house: LargeSet) -> Iterator[SearchCase]:
    for name, wanted in asked(house).items():
        query = JournalQuery(**wanted)
        yield SearchCase(name, query)
        if not name.startswith(("one", "rare")):
            yield SearchCase(f"{name}, the newest", query, {"before": 2**62})
    half = house.events // 2
    yield SearchCase("a page in the middle", JournalQuery(), {"before": half})
    yield SearchCase("a page of a tool in the middle", JournalQuery(tool="refund"), {"after": half})


def asked(house: LargeSet) -> dict[str, dict[str, Any]]:
    run = house.runs // 3 // 100 * 100
    key, at = house.key(run), house.created(house.runs // 2)
    correlation = house.correlation(run)
    number = str(100_000 + run)
    return {
        "one correlation id": {"correlation": correlation},
        "one run": {"run": key},
        "the prefix of a run": {"run": key[:8]},
        "the prefix of some id": {"any_id": correlation[:8]},
        "a run of thousands of steps": {"run": house.key(house.long_run)},
        "agent": {"agent": "agent-03"},
        "rare agent": {"agent": large_set_rows.RARE_AGENT},
        "tool": {"tool": "refund"},
        "rare tool": {"tool": large_set_rows.RARE_TOOL},
        "person": {"actor": "user:person-07"},
        "all people": {"actor": PEOPLE},
        "machine": {"actor": "supervisor"},
        "kind": {"kind": "call.returned"},
        "kinds": {"kind": "run."},
        "rare kind": {"kind": "run.stopped"},
        "verdict": {"verdict": "failed"},
        "an hour": {"since": at, "until": at + timedelta(hours=1)},
        "since then": {"since": at},
        "until then": {"until": at},
        "tool and verdict": {"tool": "refund", "verdict": "failed"},
        "rare tool and verdict": {"tool": large_set_rows.RARE_TOOL, "verdict": "failed"},
        "tool in an hour": {"tool": "refund", "since": at, "until": at + timedelta(hours=5)},
        "person and kind": {"actor": "user:person-07", "kind": "run.created"},
        "common word": {"words": "refund"},
        "common words": {"words": "refund order lamp"},
        "rare word": {"words": large_set_rows.RARE_WORD},
        "one number": {"words": number},
        "word of a tool": {"words": "lamp", "tool": "refund"},
    }


def addresses(house: LargeSet) -> list[str]:
    run = house.key(house.runs // 3)
    wanted = ("", "refund", "kind:run.stopped", "user:person-07", run)
    return [urlencode({"q": each}) for each in wanted]
