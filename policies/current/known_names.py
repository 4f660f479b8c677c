"""Names of people's groups, agents and tools that a form writes down: whether there is what they
name. Whoever keeps agents and tools says which there are, see `told_by`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import Group

from policies import patterns

ANYTHING = "*"
WILD = frozenset("*?[")
NamesTold = Callable[[], Iterable[str]]


class Kind(StrEnum):
    """What a word names, as people call it. An agent and a tool may come later than what names
    them; a group is there first.
    """

    GROUP = "group"
    AGENT = "agent"
    TOOL = "tool"

    @property
    def may_come(self) -> bool:
        return self is not Kind.GROUP


@dataclass(frozen=True, slots=True)
class Naming:
    """A field whose words, `apart` from each other, name things of one kind. `apart` is None where
    it is one name, spaces and all.
    """

    kind: Kind
    apart: str | None = " "

    def words(self, text: str) -> list[str]:
        if self.apart is None:
            return [text.strip()] if text.strip() else []
        parts = text.split() if self.apart == " " else text.split(self.apart)
        return [word for part in parts if (word := part.strip())]


AGENTS, TOOLS = Naming(Kind.AGENT), Naming(Kind.TOOL)
GROUP, GROUPS = Naming(Kind.GROUP, None), Naming(Kind.GROUP, ",")


def groups() -> Iterable[str]:
    return Group.objects.order_by("name").values_list("name", flat=True)


_telling: dict[Kind, NamesTold] = {Kind.GROUP: groups}


def told_by(telling: Mapping[Kind, NamesTold]) -> None:
    """Called once, when the app that keeps agents and tools is ready."""
    _telling.update(telling)


def missing(naming: Naming, text: str) -> Iterator[str]:
    """A sentence for each word that names nothing. Queries, where there is a word to look up."""
    words = [word for word in naming.words(text) if word != ANYTHING]
    names = list(_telling[naming.kind]()) if words else []
    for word in words:
        if not there(word, names, naming):
            yield unknown(naming.kind, word, names)


def there(word: str, names: Sequence[str], naming: Naming) -> bool:
    if naming.kind is Kind.GROUP:
        return word in names
    return any(patterns.fits(name, word) for name in names)


def unknown(kind: Kind, word: str, names: Sequence[str]) -> str:
    if kind.may_come and WILD & set(word):
        return f"No {kind} that is known here fits “{word}”{patterns.guess(word, names)}"
    return f"There is no {kind} “{word}”{patterns.guess(word, names)}"
