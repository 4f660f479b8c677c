"""How long a search of a large journal takes: by every field, alone and together, from either end
and page after page, and by words; how long counting what it found takes, and the page that shows
it. Server time, warm, in milliseconds.

It uses the data set of `bench fleet`, which has a tenth as many runs as events.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.contrib.auth.models import User

from console.bench import fleet, large_set, large_set_house
from console.bench.large_set_house import LargeSet
from console.journal import selectors, visibility
from runs.language import grammar
from runs.search import event_leads, event_terms
from runs.search.asker import Asker
from runs.search.audit_address import AuditAddress

TIMES = 15
PAGE, COUNTED = 50, 1_000
"""Events of a page, and how far it counts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=10_000_000, help="default 10,000,000")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each is asked")
    parser.add_argument("--only", default="", help="cases whose query begins so")


@dataclass(frozen=True, slots=True)
class SearchCase:
    """One search: where its page begins, and whether it asks for free words."""

    address: AuditAddress
    words: bool = False

    @property
    def name(self) -> str:
        place = " before the middle" if self.address.before else ""
        return (self.address.text or "everything") + (" after the middle" if self.address.after
                                                      else place)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SearchFigure:
    """Milliseconds that the search, counting and the page took, and the rows that it showed."""

    search: float
    count: float
    page: float
    rows: int


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    with large_set.used(options.events // 10, options.events) as made:
        found = {
            case: figure(case, options.times)
            for case in cases(made.house)
            if case.name.startswith(options.only)
        }
    for case, each in found.items():
        print(
            f"{each.search:8.1f} {each.count:8.1f} {each.page:8.1f} ms {each.rows:4} rows"
            f"  {case.name}",
            file=sys.stderr,
        )
    return {"made_s": round(made.seconds, 1), **told(found)}


def told(found: dict[SearchCase, SearchFigure]) -> dict[str, int | float]:
    by_words = [each.search for case, each in found.items() if case.words]
    fields = [each.search for case, each in found.items() if not case.words]
    return {
        "cases": len(found),
        "empty_cases": sum(not each.rows for each in found.values()),
        "p50_ms": max(fields, default=0.0),
        "words_p50_ms": max(by_words, default=0.0),
        "count_p50_ms": max(each.count for each in found.values()),
        "page_p50_ms": max(each.page for each in found.values()),
    }


def figure(case: SearchCase, times: int) -> SearchFigure:
    browser, asker = fleet.client(), asker_of_bench()
    url = f"/audit/{case.address.query(before=case.address.before, after=case.address.after)}"

    def paged() -> int:
        answer = browser.get(url)
        if answer.status_code != 200:
            raise RuntimeError(f"{url} answered {answer.status_code}")
        return answer.content.decode().count('<tr id="event-')

    search, _ = timed(partial(searched, case, asker), times)
    count, _ = timed(partial(counted, case, asker), times)
    page, rows = timed(paged, times)
    return SearchFigure(search, count, page, rows)


def timed(work: Callable[[], int], times: int) -> tuple[float, int]:
    """The median of so many times, in milliseconds, and what the work counted."""
    rows, took = work(), []
    for _ in range(times):
        began = time.perf_counter()
        rows = work()
        took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took), rows


def asker_of_bench() -> Asker:
    who = User.objects.get(username="person-00")
    return Asker(who.pk, visibility.clearance_of(who), datetime.now(UTC))


def searched(case: SearchCase, asker: Asker) -> int:
    """What the page does to show its events."""
    query = grammar.parse(case.address.text)
    page = selectors.newest(
        event_terms.condition(query, asker),
        clearance=asker.clearance,
        before=case.address.before,
        after=case.address.after,
        limit=PAGE,
        led=event_leads.of(query, asker),
    )
    return len(page.entries)


def counted(case: SearchCase, asker: Asker) -> int:
    """What it does to say how many there are."""
    query = grammar.parse(case.address.text)
    if not query.terms:
        return 0
    condition, led = event_terms.condition(query, asker), event_leads.of(query, asker)
    reads = asker.clearance
    known = selectors.known(condition, clearance=reads, most=COUNTED, led=led)
    return len(known.ids)


def cases(house: LargeSet) -> Iterator[SearchCase]:
    half = house.events // 2
    for text in fields(house):
        yield SearchCase(AuditAddress(text))
    for text in words(house):
        yield SearchCase(AuditAddress(text), words=True)
    for text in ("", "tool:refund", "actor:anybody"):
        yield SearchCase(AuditAddress(text, before=half))
        yield SearchCase(AuditAddress(text, after=half))
    yield SearchCase(AuditAddress("refund", before=half), words=True)


def fields(house: LargeSet) -> list[str]:
    run = house.runs // 3 // 100 * 100
    key, correlation = house.key(run), house.correlation(run)
    at = house.created(house.runs // 2)
    hour, day = f"at:{at:%Y-%m-%dT%H:%M}Z~30m", f"at:{at:%Y-%m-%d}"
    rare = large_set_house.RARE_TOOL
    return [
        "", f"correlation:{correlation}", f"correlation:{correlation[:8]}", f"run:{key}",
        f"run:{key[:8]}", f"run:{house.key(house.long_run)}", key, key[:8], "agent:agent-03",
        'agent:"Agent 03"', f"agent:{large_set_house.RARE_AGENT}", "tool:refund", f"tool:{rare}",
        "tool:refund,send_email", "-tool:refund", "actor:person-07", "actor:anybody", "actor:me",
        "actor:supervisor", "approver:person-07", "act:any", "act:approve", "kind:call.returned",
        "kind:run.*", "kind:run.stopped", "verdict:failed", f"model:{large_set_house.MODEL}", hour,
        day, f"at:{at:%Y-%m-%d}..", f"at:..{at:%Y-%m-%d}", f"age<{fleet.days_since(house, 0.9)}d",
        f"age>{fleet.days_since(house, 0.5)}d", "tool:refund verdict:failed",
        f"tool:{rare} verdict:failed", f"tool:refund {day}", f"tool:{rare} at:..{at:%Y-%m-%d}",
        "actor:person-07 kind:run.created", f"agent:agent-03 {hour}", "status:failed",
        "principal:me",
    ]  # fmt: skip


def words(house: LargeSet) -> list[str]:
    run = house.runs // 3 // 100 * 100
    goal, number = house.goal(run), 100_000 + run
    return [
        "refund", "refund order lamp", large_set_house.RARE_WORD, f"-{large_set_house.RARE_WORD}",
        "-lamp", str(number), f"{number:,}.00", f'"{goal[: goal.index(" ", 12)]}"',
        '"refund order"', "lamp tool:refund", "call.returned", "person-07",
        f"{large_set_house.RARE_WORD} status:failed,completed",
    ]  # fmt: skip
