"""Where the values of a call come from: the tracker of everything a run was told, by people it may
believe and by tools it may not.

A value is tainted when a tool's result had it first and neither the goal nor the agent's prompt nor
a person's words did. That finds what was copied, also when it was reformatted; a value the model
spelled anew from hints is not found, which is what `trusted` is for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from policies.taint.block import ValueOrigin
from policies.taint.heard_texts import HeardTexts
from policies.taint.leaves import leaves
from policies.taint.normal_form import decoded, unwrapped
from policies.taint.record_and_prose import RecordAndProse
from policies.taint.search_terms import SearchTerms, TooMuchToSearch, amounts, patterns, said
from policies.taint.trusted_texts import TrustedTexts

MOST_MARKS = 20
MOST_SEARCHED = 150_000_000  # characters for one judgement, some 1.6 ns each
COSTLY = 200  # what a character of a value costs beside one of the history
EACH = 40_000  # what one more thing to look for costs, beside the look through the history
NOT_ALL = "(too much to search: from here on nobody knows)"
SHOWN = 80
REMEMBERED = 1_000
LONGEST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A tainted argument as people read it: which argument, its value, and the result that had it
    first; `recorded`: as a field of what its tool keeps, and no text speaks of it.
    """

    path: str
    value: str
    tool: str
    step: int
    recorded: bool = False

    @property
    def facts(self) -> dict[str, str | int | bool]:
        """The mark as the journal keeps it."""
        found: dict[str, str | int | bool] = {
            "path": self.path,
            "value": self.value,
            "tool": self.tool,
            "step": self.step,
        }
        return found | ({"recorded": True} if self.recorded else {})


class Provenance(Protocol):
    """What rules ask about a value. All but `begin` and `marks` raise TooMuchToSearch."""

    def begin(self) -> None: ...

    def source(self, value: Any) -> ValueOrigin | None: ...

    def origins(self, value: Any) -> tuple[ValueOrigin, ...]: ...

    def trusted(self, value: Any) -> bool: ...

    def said(self, value: Any) -> bool: ...

    def recorded(self, value: Any) -> bool: ...

    def listed(self, value: Any) -> bool: ...

    def marks(self, args: Mapping[str, Any]) -> tuple[Mark, ...]: ...


class ProvenanceTracker:
    """One run's provenance.

    Keeping it costs nothing; the first question brings it up to date, each text once.

    `at_once`: so many texts, some 5 ms each, a question may read; with more to read it has no
    answer until somebody has caught up.
    """

    def __init__(self, trusted: Iterable[str] = (), at_once: int | None = None) -> None:
        self.at_once, self.behind = at_once, False
        self._orders: list[str] = list(trusted)
        self._news: list[tuple[ValueOrigin, Callable[[], str], bool]] = []
        self._trusted, self._heard, self._record = TrustedTexts(), HeardTexts(), RecordAndProse()
        self._known: dict[tuple[type, Any], ValueOrigin | None] = {}
        self._left = 0
        self.begin()

    def begin(self) -> None:
        """Start judging another call: its questions may search so many characters of the
        history.
        """
        self._left, self.behind = MOST_SEARCHED, False

    def catch_up(self) -> bool:
        """Read one more of the texts that were heard; False when there is none left. For a caller
        who must not read all of them at once.
        """
        news, self._news = self._news, self._news[:1]
        self._read()
        self._news = news[1:]
        return bool(self._news)

    def trust(self, text: str) -> None:
        """Take in text that may be believed: the goal, the agent's own prompt, a person's words."""
        self._orders.append(text)

    def hear(self, tool: str, step: int, text: str) -> None:
        """Take in a tool's result, as the planner saw it."""
        self.hear_of(tool, step, lambda: text)

    def hear_of(self, tool: str, step: int, text: Callable[[], str], *, table: bool = True) -> None:
        """Take in untrusted text that is only fetched with the first question, which most runs
        never ask. `table`: it may be the record that a tool keeps, and not only what somebody
        wrote.
        """
        self._news.append((ValueOrigin(tool, step), text, table))

    def source(self, value: Any) -> ValueOrigin | None:
        """The first result with a part of the value that nobody trusted has said: one with the part
        as it is, before one that resembles it. None when the value is not tainted.
        """
        self._read_up()
        return next(
            (origin for _, leaf in leaves(value, "") if (origin := self._source(leaf)) is not None),
            None,
        )

    def origins(self, value: Any) -> tuple[ValueOrigin, ...]:
        """Every result with all of the value just as it is, whether trusted or not, in order.
        Strict, since policies allow by it.
        """
        self._read_up()
        found: list[dict[ValueOrigin, None]] = [
            self._heard.stated(pattern) for pattern in self._patterns(value)
        ]
        return (
            tuple(origin for origin in found[0] if all(origin in each for each in found))
            if found
            else ()
        )

    def trusted(self, value: Any) -> bool:
        """Whether all of the value was said by somebody who may give orders."""
        self._read_up()
        return all(self._trusted.say(pattern) for pattern in self._patterns(value))

    def said(self, value: Any) -> bool:
        """Whether somebody who may give orders said all of the value, and no text that was read
        speaks of it too, so that nobody else can have meant it.
        """
        return all(
            self.trusted(leaf)
            and not self._spoken_of(leaf)
            and (not self.origins(leaf) or self._recorded(leaf))
            for _, leaf in leaves(value, "")
        )

    def recorded(self, value: Any) -> bool:
        """Whether all of the value stands in fields of its own in what tools keep, and no text that
        was read speaks of it: whoever plants a value has to say what to do with it.
        """
        found = [leaf for _, leaf in leaves(value, "")]
        return bool(found) and all(map(self._recorded, found))

    def listed(self, value: Any) -> bool:
        """Whether it is in the record and names somebody or something: amounts are never taken from
        there.
        """
        found = [leaf for _, leaf in leaves(value, "")]
        words = all(isinstance(leaf, str) and not amounts(leaf) for leaf in found)
        return words and self.recorded(value)

    def _recorded(self, leaf: Any) -> bool:
        self._read_up()
        return self._record.has(leaf) and not self._spoken_of(leaf)

    def _spoken_of(self, leaf: Any) -> bool:
        """Whether some running text that was read has the value among other words."""
        self._read_up()
        self._search(leaf)
        return self._record.speaks_of(leaf)

    def marks(self, args: Mapping[str, Any]) -> tuple[Mark, ...]:
        """The tainted arguments, outermost names first, at most twenty."""
        found: list[Mark] = []
        for path, value in leaves(args, "args"):
            try:
                origin = self.source(value)
            except TooMuchToSearch:  # what nobody has looked for may have come from anywhere
                return (*found, Mark(path, NOT_ALL, "", 0))
            if origin is not None:
                found.append(self._mark(path, value, origin))
            if len(found) == MOST_MARKS:
                break
        return tuple(found)

    def _mark(self, path: str, value: Any, origin: ValueOrigin) -> Mark:
        try:
            kept = self._recorded(value)
        except TooMuchToSearch:
            kept = False
        return Mark(path, f"{value}"[:SHOWN], origin.tool, origin.step, kept)

    def _source(self, leaf: Any) -> ValueOrigin | None:
        """The source of one text or number; remembered until something new is said, since many
        policies ask about the same value.
        """
        key = (type(leaf), leaf)
        if key not in self._known:
            if len(self._known) >= REMEMBERED or (
                isinstance(leaf, str) and len(leaf) > LONGEST_REMEMBERED
            ):
                self._known.clear()
            self._search(leaf)
            sought = (
                pattern
                for each in (leaf, *unwrapped(leaf))
                for pattern in self._each(patterns(each))
            )
            fresh = (pattern for pattern in sought if not self._trusted.say(pattern))
            self._known[key] = next(
                (
                    origin
                    for pattern in fresh
                    for origin in chain(self._heard.stated(pattern), self._heard.seen(pattern))
                ),
                None,
            )
        return self._known[key]

    def _patterns(self, value: Any) -> Iterator[SearchTerms]:
        for _, leaf in leaves(value, ""):
            self._search(leaf)
            yield from self._each(said(leaf))

    def _each(self, found: list[SearchTerms]) -> Iterator[SearchTerms]:
        """The search terms one by one, paying for each; one search through all that was heard is
        paid for already.
        """
        for place, pattern in enumerate(found):
            if place:
                self._pay(self._heard.characters + EACH)
            yield pattern

    def _search(self, leaf: Any) -> None:
        """Pay for one search through all that was heard, and for reading the value itself."""
        self._pay(self._heard.characters + (COSTLY * len(leaf) if isinstance(leaf, str) else 0) + 1)

    def _pay(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise TooMuchToSearch(
                "where its values come from takes too long to find out: they are too many, and too"
                " much was read"
            )

    def _read_up(self) -> None:
        """Read what was heard since the last question. Raises TooMuchToSearch when there is more
        than `at_once` allows; `behind` then says so.
        """
        if self.at_once is not None and len(self._news) > self.at_once:
            self.behind = True
            raise TooMuchToSearch("not all that was read has been looked at yet")
        self._read()

    def _read(self) -> None:
        if self._orders or self._news:
            self._known.clear()
        for order in self._orders:
            self._trusted.add(order)
        for origin, told, table in self._news:
            text = told()
            self._record.add(text, table=table)
            for each in (text, *unwrapped(text)):
                self._heard.add(decoded(each), origin)
        self._orders, self._news = [], []
