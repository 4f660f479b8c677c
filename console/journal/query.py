"""What somebody searches the journal for, and the SQL conditions for it. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console.journal import content_words, visibility
from console.journal.content_words import WORD
from console.journal.records import PEOPLE
from console.journal.visibility import Clearance

SHORTEST_PREFIX = 8
LEADING = ("kind", "tool", "agent", "verdict", "person")
OFTEN = ("call.", "step.")
BY_ID = "person = %s AND person <> ''"  # the second half so that the index of people fits
_HEX = re.compile(r"[0-9a-f]+\Z")


@dataclass(frozen=True, slots=True)
class BadQuery(ValueError):
    """A search that cannot be run: which field, and why in a sentence."""

    field: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class JournalQuery:
    """Empty fields match everything. `words` stand in its content. Ids may be prefixes; `any_id` is
    a run's or a correlation's. A word that ends in `.` or `:` is a family.

    `person` is the id of who acted; `called` the id of whoever has the name of `actor` now, who may
    have acted under another.
    """

    any_id: str = ""
    correlation: str = ""
    run: str = ""
    kind: str = ""
    actor: str = ""
    tool: str = ""
    agent: str = ""
    verdict: str = ""
    words: str = ""
    person: str = ""
    called: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def empty(self) -> bool:
        return self == JournalQuery()

    @property
    def of_one_run(self) -> bool:
        """Whether it asks for one run, whose events stand in the order of its chain."""
        return len(self.run.replace("-", "").strip()) == 32

    @property
    def reads_content(self) -> bool:
        """Whether it asks about content, for which a hidden event must not even count as
        a match.
        """
        return any((self.kind, self.actor, self.tool, self.person, self.agent, self.verdict))


def uuid_range(text: str, field: str) -> tuple[UUID, UUID]:
    """First and last id that begin like `text`, dashes or not.

    Raises `BadQuery` for what cannot begin an id.
    """
    digits = text.strip().lower().replace("-", "")
    if not _HEX.match(digits) or len(digits) > 32:
        raise BadQuery(field, "An id is made of the digits 0-9 and a-f.")
    if len(digits) < SHORTEST_PREFIX:
        raise BadQuery(field, f"At least {SHORTEST_PREFIX} characters of an id are needed.")
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


Conditions = tuple[list[str], list[object]]


def conditions(query: JournalQuery, clearance: Clearance) -> Conditions:
    """Conditions on `journal_event` and their parameters, without those on time."""
    texts: list[str] = []
    params: list[object] = []
    for column, prefix in (("correlation_id", query.correlation), ("run", query.run)):
        if prefix:
            first, last = uuid_range(prefix, column.removesuffix("_id"))
            whole = first == last
            texts.append(f"{column} = %s" if whole else f"{column} BETWEEN %s AND %s")
            params.extend([first] if whole else [first, last])
    if query.any_id:
        texts.append("(correlation_id BETWEEN %s AND %s OR run BETWEEN %s AND %s)")
        params.extend(uuid_range(query.any_id, "any_id") * 2)
    for column in ("kind", "actor", "tool", "agent", "verdict"):
        if wanted := getattr(query, column):
            text, value = _matching(column, wanted)
            texts.append(text)
            params.append(value)
            if column == "actor" and query.called:
                texts[-1] = f"({text} OR {BY_ID})"
                params.append(query.called)
    if query.person:
        texts.append(BY_ID)
        params.append(query.person)
    if query.reads_content or query.words:
        texts.append("visibility = ANY(%s)")
        params.append(visibility.open_to(clearance))
    return texts, params


def _matching(column: str, wanted: str) -> tuple[str, str]:
    compare = f"starts_with({column}, %s)" if wanted.endswith((".", ":")) else f"{column} = %s"
    if column == "actor" and wanted.startswith(PEOPLE):
        compare += (
            " AND actor LIKE 'user:%%'"  # said twice, so that the index of people's events fits
        )
    if column == "kind" and not wanted.startswith(OFTEN):
        # likewise, for the index of rare kinds
        compare += " AND NOT (kind LIKE 'call.%%' OR kind LIKE 'step.%%')"
    return compare, wanted


def during(query: JournalQuery) -> Conditions:
    """Conditions on the time of an event."""
    times = [("ts >= %s", query.since), ("ts < %s", query.until)]
    return [text for text, at in times if at], [at for _, at in times if at]


def led_by(query: JournalQuery) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The words of the index that lead to the events: each of these alternatives is a way to fit.
    None where an id leads to them sooner.
    """
    if query.any_id or query.run or query.correlation:
        return ()
    plain = [(name, text) for name in LEADING if (text := getattr(query, name))]
    plain += [(WORD, word) for word in content_words.asked(query.words)]
    ways = [("actor", query.actor)] if query.actor else []
    ways += [("person", query.called)] if query.called else []
    if ways:
        return tuple((*plain, way) for way in ways)
    return (tuple(plain),) if plain else ()
