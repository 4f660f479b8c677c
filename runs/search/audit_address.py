"""The address of a search in the journal: a query and a place in it; and what addresses of former
days mean in it. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from console.journal.records import PEOPLE, label_of
from runs.language import query_terms
from runs.language.query_terms import Query, Term
from runs.search.fleet_address import LONGEST

FORMER = ("correlation", "run", "kind", "actor", "tool")
PERSON = re.compile(rf"(?:{PEOPLE}|person:)\S*", re.ASCII)


@dataclass(frozen=True, slots=True)
class AuditAddress:
    """`text` is the query as it was typed. The page shows events before the one with the id
    `before`, or after `after`, newest first.
    """

    text: str = ""
    before: int | None = None
    after: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        text = former(query).strip()[:LONGEST]
        return cls(text, event_id(query.get("before", "")), event_id(query.get("after", "")))

    def query(self, *, before: int | None = None, after: int | None = None) -> str:
        """The query string of this search at another place."""
        pairs = {"q": self.text, "before": before, "after": after}
        kept = {name: value for name, value in pairs.items() if value not in ("", None)}
        return f"?{urlencode(kept)}"


def event_id(text: str) -> int | None:
    """The id of an event in the address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def former(query: Mapping[str, str]) -> str:
    """The text of the query, with what the fields of former addresses ask for in front of it."""
    terms = [
        Term(name, (said(query[name].strip(), name),))
        for name in FORMER
        if query.get(name, "").strip()
    ]
    since, until = (moment(query.get(name, "")) for name in ("since", "until"))
    if since or until:
        terms.append(Term("at", (f"{since}..{until}",)))
    text = query.get("q", "").strip()
    spoken = query_terms.text_of(Query((Term("actor", (said(text, "actor"),)),)))
    return " ".join(
        filter(None, (query_terms.text_of(Query(tuple(terms))),
                      spoken if PERSON.fullmatch(text) else text))
    )  # fmt: skip


def said(value: str, name: str) -> str:
    """A former value as it is asked for now: what ended in `.` or `:` was a family."""
    if name == "actor" and value.startswith(PEOPLE):
        return label_of(value) or "anybody"
    return (
        f"{value}*" if name not in ("run", "correlation") and value.endswith((".", ":")) else value
    )


def moment(text: str) -> str:
    """A former time, which was UTC, as it is asked for now."""
    return f"{text.strip().replace(' ', 'T')}Z" if text.strip() else ""
