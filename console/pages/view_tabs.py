"""The tabs of the fleet: the views that everybody has, each under the rest of the query, and those
that this person has pinned, with how many runs each has.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from console.pages import query_box
from console.pages.query_box import QueryBox
from runs.language import grammar
from runs.language.mistakes import Mistake
from runs.language.query_terms import Query
from runs.models import PinnedView
from runs.reading import fleet
from runs.search import fleet_address, runs_asked, statement_limit
from runs.search.asker import Asker
from runs.search.fleet_address import VIEWS, FleetAddress
from runs.search.runs_asked import FoundRuns
from runs.search.statement_limit import TooSlow

TOGETHER = 0.4
ALONE = 0.15
"""Seconds that counting all pinned views may take, and one of them where they take longer."""
RESTS = 60.0
"""Seconds for which a view that was too slow to count is not counted again."""
MOST_SLOW = 500
_slow: dict[tuple[int, str], float] = {}
"""Until when each view is left uncounted, by the clock of this process."""


@dataclass(frozen=True, slots=True)
class FleetTab:
    """`key` names its cell for live counts; `wrong` says what is the matter with its query."""

    key: str
    word: str
    url: str
    count: str
    here: bool
    own: bool = False
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class PinnedCount:
    """How many runs a pinned view has, or why nobody can say."""

    count: str = ""
    wrong: str = ""


def tabs(
    box: QueryBox,
    counted: Mapping[str, int],
    pins: Sequence[PinnedView],
    of_pins: Mapping[int, PinnedCount],
) -> list[FleetTab]:
    own = [pinned(box, pin, of_pins) for pin in pins]
    return [*shipped(box, counted, elsewhere=any(tab.here for tab in own)), *own]


def shipped(box: QueryBox, counted: Mapping[str, int], *, elsewhere: bool) -> list[FleetTab]:
    """The views that everybody has, each with the rest of the query; none is the one that is shown
    where a pinned view is.
    """
    found = []
    for number, (title, view) in enumerate(VIEWS.items()):
        text = fleet_address.in_view(box.query, view)
        here = box.fine and text == box.canonical and not elsewhere
        url = f"{reverse('fleet')}{FleetAddress(text).query()}"
        count = figure(counted[text]) if text in counted else ""
        found.append(FleetTab(str(number), title, url, count, here))
    return found


def pinned(box: QueryBox, pin: PinnedView, of_pins: Mapping[int, PinnedCount]) -> FleetTab:
    view, found = pin.view, of_pins.get(pin.view_id, PinnedCount())
    url = f"{reverse('fleet')}{FleetAddress(view.query).query()}"
    here = box.fine and view.query == box.canonical
    key = f"view-{view.pk}"
    return FleetTab(key, view.name, url, found.count, here, own=True, wrong=found.wrong)


def counts(query: Query, asker: Asker) -> dict[str, int]:
    """How many runs each view has under the rest of the query, by the query's text, counted no
    further than a thousand; nothing where that takes a look at events.
    """
    if not runs_asked.is_light(query):
        return {}
    asked = [fleet_address.in_view(query, view) for view in VIEWS.values()]
    statuses = [view.removeprefix("status:") for view in VIEWS.values()]
    found = runs_asked.counted(fleet_address.out_of_views(query), statuses, asker)
    return dict(zip(asked, found, strict=True))


def pinned_counts(pins: Sequence[PinnedView], asker: Asker) -> dict[int, PinnedCount]:
    """How many runs each pinned view has: in one statement, and one by one where that is too slow.
    What is too slow alone is left out for a minute.
    """
    found: dict[int, PinnedCount] = {}
    asked: dict[str, FoundRuns] = {}
    for pin in pins:
        try:
            runs = runs_asked.found(grammar.parse(pin.view.query), asker)
        except Mistake as mistake:
            found[pin.view_id] = PinnedCount(wrong=str(mistake))
            continue
        if _slow.get((asker.user_id, pin.view.query), 0.0) <= time.monotonic():
            asked[pin.view.query] = runs
    numbers = counted(asked, asker) if asked else {}
    for pin in pins:
        found.setdefault(pin.view_id, PinnedCount(numbers.get(pin.view.query, "")))
    return found


def counted(asked: Mapping[str, FoundRuns], asker: Asker) -> dict[str, str]:
    try:
        with statement_limit.within(TOGETHER):
            numbers = fleet.counted([runs.known() for runs in asked.values()])
    except TooSlow:
        return {text: alone(text, runs, asker) for text, runs in asked.items()}
    told = map(said, numbers, asked.values())
    return dict(zip(asked, told, strict=True))


def alone(text: str, runs: FoundRuns, asker: Asker) -> str:
    try:
        with statement_limit.within(ALONE):
            [number] = fleet.counted([runs.known()])
    except TooSlow:
        if len(_slow) >= MOST_SLOW:
            _slow.clear()
        _slow[asker.user_id, text] = time.monotonic() + RESTS
        return ""
    return said(number, runs)


def said(number: int, runs: FoundRuns) -> str:
    """How many are known, `200+` where there may be more, nothing where none is known so far."""
    if runs.whole:
        return figure(number)
    return query_box.number(*query_box.at_least(number, fleet.MOST_COUNTED)) if number else ""


def figure(number: int) -> str:
    return query_box.number(number, fleet.MOST_COUNTED)
