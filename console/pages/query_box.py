"""The query box of the fleet and of the audit: what was typed, as chips, its mistake in place, and
who asks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from console import figures
from console.journal import content_index
from runs.language import begun_values, chips, grammar, query_terms
from runs.language.begun_values import MeantQuery
from runs.language.chips import Chip
from runs.language.mistakes import Mistake, MistakeShown
from runs.language.query_fields import FIELDS
from runs.language.query_terms import Query
from runs.search import known_values, statement_limit
from runs.search.asker import Asker
from runs.search.statement_limit import TooSlow

PATIENCE = 0.5
"""Seconds that counting may take."""
"""The cookie in which a browser tells its time zone."""
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class QueryBox:
    """What the templates of the box show. `counted` is how much was found, in words; `behind` says
    so when words of the newest events are not all found yet; `meant` is what may be meant where
    nothing was found.
    """

    text: str
    place: str
    query: Query = field(default_factory=Query)
    mistake: MistakeShown | None = None
    slow: str = ""
    counted: str = ""
    behind: str = ""
    meant: Sequence[MeantQuery] = ()

    @property
    def address(self) -> str:
        return reverse(self.place)

    @property
    def action(self) -> str:
        """Where a text that is sent as a whole goes: an id leads to what it is the id of."""
        return reverse("find")

    @property
    def chips(self) -> list[Chip]:
        return chips.chips(self.query)

    @property
    def canonical(self) -> str:
        return query_terms.text_of(self.query)

    @property
    def words(self) -> list[str]:
        """The words that are marked where they were found."""
        return [term.value for term in self.query.free if not term.negative]

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """An example of each field, with its meaning, for the help of the box."""
        return tuple((each.example, each.meaning) for each in FIELDS.values())

    @property
    def fine(self) -> bool:
        return not self.mistake and not self.slow


def box(text: str, place: str) -> QueryBox:
    """The box with this text in it; `place` is the name of its page."""
    made = QueryBox(text, place)
    try:
        made.query = grammar.parse(text)
    except Mistake as mistake:
        made.mistake = MistakeShown.of(text, mistake)
    return made


def answered(
    made: QueryBox, ask: Callable[[], _Answer], seconds: float = statement_limit.SECONDS
) -> _Answer | None:
    """What the box's query finds; None, and the box says why, when it has a mistake or takes too
    long: more than so many seconds for one statement.
    """
    if made.mistake:
        return None
    try:
        with statement_limit.within(seconds):
            return ask()
    except Mistake as mistake:
        made.mistake = MistakeShown.of(made.text, mistake)
    except TooSlow as slow:
        made.slow = str(slow)
    return None


def note_lag(made: QueryBox, asker: Asker) -> None:
    """Say in the box what its words could not find yet."""
    if asker.tail.more:
        span = figures.span(content_index.lag())
        made.behind = f"Words of the last {span} are still being indexed: not all are found yet."


def note_meant(made: QueryBox, asker: Asker) -> None:
    """Say in the box, of which nothing was found, what its values may be the beginning of."""
    if made.fine:
        made.meant = begun_values.meant(
            made.query, lambda field: [value for value, _ in known_values.known(field, asker)]
        )


def counted(count: Callable[[], int], shown: int, most: int) -> tuple[int, int]:
    """How many were found, and how far they were counted: where counting takes long, only that they
    are more than are shown.
    """
    try:
        with statement_limit.within(PATIENCE):
            return count(), most
    except TooSlow:
        return shown + 1, shown


def at_least(known: int, most: int) -> tuple[int, int]:
    """How many there are, and how far they were counted, where there may be more than are known."""
    seen = min(known, most)
    return seen + 1, seen


def number(found: int, most: int) -> str:
    return f"{most:,}+" if found > most else f"{found:,}"


def things(found: int, most: int, word: str) -> str:
    """`17 runs`, `1 run`, `1,000+ runs`."""
    return figures.plural(found, word) if found <= most else f"{number(found, most)} {word}s"


def told(request: HttpRequest, made: QueryBox) -> HttpResponse:
    """Only what is wrong with the query, for a page whose list stays as it was."""
    response = render(request, "search/_told.html", {"box": made}, status=422)
    response["HX-Retarget"], response["HX-Reswap"] = "#query-told", "outerHTML"
    return response
