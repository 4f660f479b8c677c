"""What may stand at the caret of a query: fields, and values of a field. Pure; which values exist
is told by whoever asks.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from runs.language import query_terms
from runs.language.query_fields import COMPARED, FIELDS, QueryField, Shape

_TERM = re.compile(
    r"(?P<minus>-?)(?:(?P<field>[A-Za-z][\w-]*)(?P<relation>:|<=|>=|<|>))?(?P<rest>\S*)\Z", re.ASCII
)
MOST = 8


@dataclass(frozen=True, slots=True)
class CaretPlace:
    """The condition that is being typed: `begun` is what there is of the value (or of a field's
    name when `field` is empty), `taken` the values before it, `start` to `end` what a choice
    replaces.
    """

    field: str
    begun: str
    taken: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QueryChoice:
    """One line of the list: the word, what it means, the text of the whole query with it and where
    the caret goes. `ticked`: it is in the query already, and taking it takes it out. `count` is how
    many it would leave, empty when nobody counted.
    """

    word: str
    meaning: str
    text: str
    caret: int
    ticked: bool = False
    count: str = ""


def place(text: str, caret: int, known: Mapping[str, QueryField] = FIELDS) -> CaretPlace:
    caret = max(0, min(caret, len(text)))
    begin = len(text[:caret]) - len(re.split(r"\s", text[:caret])[-1])
    end = caret + len(re.split(r"\s", text[caret:], maxsplit=1)[0])
    found = _TERM.match(text[begin:caret])
    name = (found["field"] or "").lower() if found else ""
    if not found or (name and name not in known):
        return CaretPlace("", "", (), caret, caret)
    if not name:
        return CaretPlace("", found["rest"].lower(), (), begin + len(found["minus"]), end)
    start = begin + found.start("rest")
    *taken, begun = found["rest"].split(",")
    after = [each for each in text[caret:end].split(",")[1:] if each]
    return CaretPlace(name, begun.strip('"').lower(), (*taken, *after), start, end)


def fields(
    text: str, at: CaretPlace, known: Mapping[str, QueryField] = FIELDS
) -> list[QueryChoice]:
    """Fields whose name begins like what is typed, as what may come next."""
    return [
        chosen(text, at, f"{field.name}{opening(field.shape)}", field.name + opening(field.shape),
               field.meaning)
        for field in known.values()
        if not at.field and field.name.startswith(at.begun)
    ]  # fmt: skip


def opening(shape: Shape) -> str:
    return ":" if shape not in COMPARED else "<" if shape is Shape.SPAN else ">"


def values(text: str, at: CaretPlace, known: Iterable[tuple[str, str]]) -> list[QueryChoice]:
    """The known values of the field at the caret, with what each means: those that are taken, and
    those that begin, else contain, what is typed. The one that stands there is no choice.
    """
    known = list(known)
    taken = [each for each in known if each[0] in at.taken]
    others = [each for each in known if each[0] not in at.taken]
    first = [each for each in others if each[0].lower().startswith(at.begun)]
    then = [each for each in others if at.begun in each[0].lower() and each not in first]
    choices = (value(text, at, *each) for each in [*taken, *first, *then])
    return list(islice((choice for choice in choices if choice.text != text), MOST))


def value(text: str, at: CaretPlace, word: str, meaning: str) -> QueryChoice:
    ticked = word in at.taken
    kept = [each for each in at.taken if each != word] + ([] if ticked else [word])
    said = ",".join(map(query_terms.listed_text, kept))
    return chosen(text, at, said, word, meaning, ticked)


def chosen(
    text: str, at: CaretPlace, said: str, word: str, meaning: str, ticked: bool = False
) -> QueryChoice:
    whole = text[: at.start] + said + text[at.end :]
    return QueryChoice(word, meaning, whole, at.start + len(said), ticked)
