"""Where the values of a call come from: the tracker of everything a run was told, by people it may
believe and by tools it may not.

A value is tainted when a tool's result had it first and neither the goal nor the agent's prompt nor
a person's words did. That finds what was copied, also when it was reformatted; a value the model
spelled anew from hints is not found, which is what `trusted` is for.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from policies.taint import fields
from policies.taint.block import Block, ValueOrigin
from policies.taint.normal_form import decoded, numbers, spaced, unwrapped, worded
from policies.taint.search_terms import (
    SearchTerms,
    TooMuchToSearch,
    addresses,
    amounts,
    patterns,
    said,
)

BLOCK = 64_000  # characters that are searched in one go
DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d")
MOMENT = re.compile(r" (\d{4} \d\d \d\d) (\d\d \d\d)(?: 00)? ", re.ASCII)
HALF = 6  # characters of an account number that are worth looking for
MOST_MARKS = 20
MOST_SEARCHED = 150_000_000  # characters for one judgement, some 1.6 ns each
COSTLY = 200  # what a character of a value costs beside one of the history
EACH = 40_000  # what one more thing to look for costs, beside the look through the history
NOT_ALL = "(too much to search: from here on nobody knows)"
SHOWN = 80
LONGEST_FIELD = 200
REMEMBERED = 1_000
LONGEST_REMEMBERED = 10_000
# no name of a field looks like this; an address, a host or an account number does
CARRIES = re.compile(r"[@/]|\.\w|\d[\d .-]{4}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A tainted argument as people read it: which argument, its value, and the result that had it
    first.
    """

    path: str
    value: str
    tool: str
    step: int

    @property
    def facts(self) -> dict[str, str | int]:
        """The mark as the journal keeps it."""
        return {"path": self.path, "value": self.value, "tool": self.tool, "step": self.step}


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
        self._fields: set[str] = set()
        self._prose: list[str] = []  # what was read apart from fields, in words
        self._said: list[tuple[str, str]] = []  # what people said: in plain form, in words
        self._said_numbers: set[str] = set()
        self._blocks: list[Block] = [Block()]
        self._numbers: dict[str, dict[ValueOrigin, None]] = {}
        self._known: dict[tuple[type, Any], ValueOrigin | None] = {}
        self._addresses: dict[str, dict[ValueOrigin, None]] = {}
        self._heard = self._left = 0
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
            self._stated(pattern) for pattern in self._patterns(value)
        ]
        return (
            tuple(origin for origin in found[0] if all(origin in each for each in found))
            if found
            else ()
        )

    def trusted(self, value: Any) -> bool:
        """Whether all of the value was said by somebody who may give orders."""
        self._read_up()
        return all(self._has_said(pattern) for pattern in self._patterns(value))

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
        return spaced(decoded(str(leaf))) in self._fields and not self._spoken_of(leaf)

    def _spoken_of(self, leaf: Any) -> bool:
        """Whether some running text that was read has the value among other words."""
        self._read_up()
        self._search(leaf)
        words = worded(decoded(str(leaf)))
        return any(words in text and words != text for text in self._prose)

    def marks(self, args: Mapping[str, Any]) -> tuple[Mark, ...]:
        """The tainted arguments, outermost names first, at most twenty."""
        found: list[Mark] = []
        for path, value in leaves(args, "args"):
            try:
                origin = self.source(value)
            except TooMuchToSearch:  # what nobody has looked for may have come from anywhere
                return (*found, Mark(path, NOT_ALL, "", 0))
            if origin is not None:
                found.append(Mark(path, f"{value}"[:SHOWN], origin.tool, origin.step))
            if len(found) == MOST_MARKS:
                break
        return tuple(found)

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
            fresh = (pattern for pattern in sought if not self._has_said(pattern))
            self._known[key] = next(
                (
                    origin
                    for pattern in fresh
                    for origin in chain(self._stated(pattern), self._seen(pattern))
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
                self._pay(self._heard + EACH)
            yield pattern

    def _search(self, leaf: Any) -> None:
        """Pay for one search through all that was heard, and for reading the value itself."""
        self._pay(self._heard + (COSTLY * len(leaf) if isinstance(leaf, str) else 0) + 1)

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
            plain = decoded(order)
            self._said.append((spaced(plain), worded(plain)))
            self._said_numbers |= numbers(plain)
        for origin, told, table in self._news:
            text = told()
            self._take_fields(text, table=table)
            for each in (text, *unwrapped(text)):
                self._hear(decoded(each), origin)
        self._orders, self._news = [], []

    def _take_fields(self, text: str, *, table: bool) -> None:
        """Keep what stands in fields of its own apart from all that is running text."""
        values = fields.of_text(text) if table else None
        for value in [text] if values is None else values:
            plain = decoded(value)
            if values is not None and len(plain) <= LONGEST_FIELD:
                self._fields.add(spaced(plain))
            if values is None or " " in plain.strip():
                self._prose.append(worded(plain))

    def _hear(self, plain: str, origin: ValueOrigin) -> None:
        self._heard += len(plain)
        self._open_block().add(worded(plain), origin)
        for number in numbers(plain):
            self._numbers.setdefault(number, {})[origin] = None
        for address in addresses(plain):
            self._addresses.setdefault(address, {})[origin] = None

    def _open_block(self) -> Block:
        if len(self._blocks[-1].words) > BLOCK:
            self._blocks.append(Block())
        return self._blocks[-1]

    def _seen(self, pattern: SearchTerms) -> Iterator[ValueOrigin]:
        """Results with the value in any form. Loose, since a doubt costs a question to a person,
        and a miss costs money.
        """
        for number in pattern.numbers:
            yield from self._numbers.get(number, ())
        for phrase in pattern.phrases:
            yield from self._places(phrase)
        if pattern.compact:
            yield from self._places(pattern.compact, compact=True)
        if pattern.together:
            parts = [next(self._places(part), None) for part in pattern.together]
            yield from (part for part in parts[-1:] if part is not None and None not in parts)
        yield from self._halves(pattern.account)

    def _halves(self, account: str) -> Iterator[ValueOrigin]:
        """Results that have an account number between them: the one with its second half, when
        another has the first.
        """
        if DATE.match(account):
            return
        for cut in range(HALF, len(account) - HALF + 1):
            if next(self._places(account[:cut], compact=True), None) is not None:
                yield from self._places(account[cut:], compact=True)

    def _stated(self, pattern: SearchTerms) -> dict[ValueOrigin, None]:
        """Results with the value in its own form, without those that only have an address
        resembling it.
        """
        if pattern.numbers:
            having = [self._numbers.get(number, {}) for number in pattern.numbers]
            return {origin: None for origin in having[0] if all(origin in each for each in having)}
        if pattern.literal:
            return self._addresses.get(pattern.literal, {})
        return dict.fromkeys(self._places(pattern.phrases[0]))

    def _places(self, pattern: str, compact: bool = False) -> Iterator[ValueOrigin]:
        for block in self._blocks:
            yield from block.places(pattern, compact)

    def _has_said(self, pattern: SearchTerms) -> bool:
        """Whether a trusted text has it. Strict: what merely resembles a trusted address is another
        address.
        """
        if pattern.numbers and pattern.numbers <= self._said_numbers:
            return True
        if pattern.literal:
            forms = (pattern.literal, f"www.{pattern.literal}")
            return any(stands_in(form, plain) for plain, _ in self._said for form in forms)
        if pattern.account and any(
            stands_alone(pattern.account, words.replace(" ", "")) for _, words in self._said
        ):
            return True
        return any(
            all(part in words for part in parts_of(phrase))
            for phrase in pattern.phrases[:1]
            for _, words in self._said
        )


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every text and number with its path, and every name of a field, since an address may stand
    there. Iterative: values may be nested deeply.
    """
    open_ = [(path, value)]
    while open_:
        here, each = open_.pop()
        if isinstance(each, Mapping):
            yield from (
                (f"{here}.(a field's name)", key) for key in each if CARRIES.search(str(key))
            )
            open_ += [(f"{here}.{key}", one) for key, one in reversed(list(each.items()))]
        elif isinstance(each, list | tuple):
            open_ += [(f"{here}[{index}]", each[index]) for index in reversed(range(len(each)))]
        elif each is not None and not isinstance(each, bool):
            yield here, each


def parts_of(phrase: str) -> tuple[str, ...]:
    """What has to be said for the phrase to be: of a time its day and its hour, which people say
    apart.
    """
    found = MOMENT.fullmatch(phrase)
    return (f" {found[1]} ", f" {found[2]} ") if found else (phrase,)


def stands_in(address: str, text: str) -> bool:
    """Whether the address is in the text, with nothing before or after it that would make it
    another one.
    """
    place = text.find(address)
    while place >= 0:
        end = place + len(address)
        before, after = text[max(place - 1, 0) : place], text[end : end + 2]
        if not _joins(before, "@.-_%+") and not _continues(after):
            return True
        place = text.find(address, place + 1)
    return False


def stands_alone(digits: str, compact: str) -> bool:
    """Whether the account number is in the text and not part of a longer one."""
    place = compact.find(digits)
    while place >= 0:
        end = place + len(digits)
        if (
            not compact[max(place - 1, 0) : place].isdigit()
            and not compact[end : end + 1].isdigit()
        ):
            return True
        place = compact.find(digits, place + 1)
    return False


def _joins(sign: str, signs: str) -> bool:
    return sign.isalnum() or (bool(sign) and sign in signs)


def _continues(after: str) -> bool:
    """Whether what follows continues an address; a full stop, comma or slash that ends a sentence
    does not.
    """
    return _joins(after[:1], "@-_%+") or (
        after[:1] in {".", "/", "?", "#", ":", "="}
        and len(after) > 1
        and _joins(after[1], "/?#&=@")
    )
