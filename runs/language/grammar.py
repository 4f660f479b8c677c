"""Reads a query: text in, terms out, or the first mistake with its place. Pure.

A query is terms between spaces, each perhaps with a `-` before it: a word or a "quoted phrase" of
free text, or a field with a value: `agent:refund-desk`, `status:failed,killed`, `cost>1`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from runs.language import moments, query_terms, query_values
from runs.language.mistakes import Mistake
from runs.language.query_fields import COMPARED, CONFUSED, FIELDS, SYNONYMS, QueryField, Shape
from runs.language.query_terms import Query, Term

LONGEST = 1_000
MOST_TERMS = 30
MOST_VALUES = 30
_FIELD = re.compile(r"([A-Za-z][\w-]*)(:|<=|>=|<|>)", re.ASCII)
_BARE = re.compile(r"[^\s]+")
_LISTED = re.compile(r'[^\s,"][^\s,]*')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_UNWRITTEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse(text: str, fields: Mapping[str, QueryField] = FIELDS) -> Query:
    """The query that was typed, for a box that knows these fields. Raises Mistake."""
    if len(text) > LONGEST:
        raise Mistake(LONGEST, len(text), f"A query has {LONGEST:,} characters at most.")
    if unwritten := _UNWRITTEN.search(text):
        raise Mistake(*unwritten.span(), "This character cannot be searched for.", " ")
    scanner, found = Scanner(text, fields), []
    while scanner.skip():
        found.append(scanner.term())
    if len(found) > MOST_TERMS:
        raise Mistake(
            found[MOST_TERMS].start, len(text), f"A query has {MOST_TERMS} conditions at most."
        )
    return Query(tuple(found))


@dataclass(slots=True)
class Scanner:
    """Where in the text the reading is."""

    text: str
    fields: Mapping[str, QueryField]
    place: int = 0

    def skip(self) -> bool:
        """Past spaces; whether anything is left."""
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1
        return self.place < len(self.text)

    def over(self) -> bool:
        """Whether a term ends here."""
        return self.place >= len(self.text) or self.text[self.place].isspace()

    def term(self) -> Term:
        start = self.place
        negative = self.text.startswith("-", start) and _BARE.match(self.text, start + 1)
        self.place += bool(negative)
        if found := _FIELD.match(self.text, self.place):
            asked = self.field(found)
            self.place = found.end()
            said = self.given(asked, found)
            return Term(asked.name, said, found[2], bool(negative), start, self.place)
        return Term("", (self.free(),), ":", bool(negative), start, self.place)

    def field(self, found: re.Match[str]) -> QueryField:
        """The field of this name, in a relation that it takes."""
        name, relation = found[1].lower(), found[2]
        asked = self.fields.get(name)
        if asked is None:
            self.unknown(found)
        if (relation == ":") == (asked.shape in COMPARED):
            right = "<" if asked.shape is Shape.SPAN else ">" if relation == ":" else ":"
            told = "takes < or >" if asked.shape in COMPARED else "takes a colon"
            said = f"{name} {told}, as in {asked.example}."
            raise Mistake(*found.span(), said, f"{name}{right}")
        return asked

    def unknown(self, found: re.Match[str]) -> NoReturn:
        name = found[1].lower()
        meant = SYNONYMS.get(name, "")
        close = get_close_matches(name, self.fields, 1, 0.65)
        near = meant if meant in self.fields else next(iter(close), "")
        if near:
            shape = self.fields[near].shape
            right = ("<" if shape is Shape.SPAN else ">") if shape in COMPARED else ":"
            right = found[2] if right != ":" and found[2] != ":" else right
            said = f"there is no field {name}. Did you mean {near}{right}?{self.apart(near)}"
            raise Mistake(*found.span(), said, f"{near}{right}")
        whole = _BARE.match(self.text, found.start())
        assert whole is not None
        said = f"there is no field {name}. To look for it as text, put it in quotes."
        raise Mistake(*whole.span(), said, query_terms.quoted(whole[0].replace('"', "")))

    def apart(self, near: str) -> str:
        """What the field asks for, and the one it is taken for; empty where there is none."""
        both = [self.fields[name] for name in (near, CONFUSED.get(near, "")) if name in self.fields]
        told = ", ".join(f"{each.name}: is {each.meaning}" for each in both)
        return f" {told}." if len(both) > 1 else ""

    def given(self, asked: QueryField, named: re.Match[str]) -> tuple[str, ...]:
        """The values behind a field, each as it is kept."""
        if asked.shape in COMPARED or asked.shape is Shape.MOMENT:
            start, said = self.value(named, _BARE)
            return (self.kept(asked, start, said),)
        found = []
        while True:
            start, said = self.value(named, _LISTED)
            found.append(self.kept(asked, start, said))
            if self.over():
                break
            self.place += 1  # the comma
        if len(found) > MOST_VALUES:
            raise Mistake(named.start(), self.place, f"At most {MOST_VALUES} values in a list.")
        return tuple(dict.fromkeys(found))

    def value(self, named: re.Match[str], bare: re.Pattern[str]) -> tuple[int, str]:
        """One value, bare or quoted, and where it starts."""
        start = self.place
        if self.text.startswith('"', start):
            said = self.quote(listed=bare is _LISTED)
        else:
            found = bare.match(self.text, start)
            said = found[0] if found else ""
            self.place = found.end() if found else start
        if not said.strip():
            example = self.fields[named[1].lower()].example
            raise Mistake(named.start(), self.place, f"{named[0]} needs a value, as in {example}.")
        return start, said

    def kept(self, asked: QueryField, start: int, said: str) -> str:
        try:
            return query_values.kept(asked, said)
        except query_values.BadValue as bad:
            raise Mistake(start, self.place, bad.sentence, bad.instead) from bad
        except moments.NoMoment as bad:
            raise Mistake(start, self.place, str(bad)) from bad

    def free(self) -> str:
        """A word of free text, or a quoted phrase."""
        if self.text.startswith('"', self.place):
            start, said = self.place, self.quote()
            if said.strip():
                return said
            raise Mistake(start, self.place, "There is nothing between these quotes.")
        found = _BARE.match(self.text, self.place)
        assert found is not None
        self.place = found.end()
        return found[0]

    def quote(self, listed: bool = False) -> str:
        found = _QUOTED.match(self.text, self.place)
        if not found:
            rest = self.text[self.place :]
            closed = f'{rest[:-1] if rest.endswith(chr(92)) else rest}"'
            raise Mistake(self.place, len(self.text), "This quote is not closed.", closed)
        self.place = found.end()
        if not self.over() and not (listed and self.text[self.place] == ","):
            raise Mistake(
                self.place, self.place + 1, "A space is missing here.", f" {self.text[self.place]}"
            )
        return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)
