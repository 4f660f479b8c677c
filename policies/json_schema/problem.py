"""What is wrong with a value by a schema, as facts; `words` makes sentences of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from console.json_value import Json
from policies.json_schema.work_limit import WorkBudget

Path = tuple[str | int, ...]
Schema = Mapping[str, Json]
MOST = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """The value at `path` does not meet `keyword`, which wants `wants`.

    `offers` are the problems with each alternative.
    """

    path: Path
    keyword: str
    wants: Json
    value: Json
    schema: Mapping[str, Json] = field(default_factory=dict)
    offers: tuple[tuple["Problem", ...], ...] = ()


class BadSchema(ValueError):
    """A schema that cannot be used. The text says where and why, without a full stop."""


class Unresolved(Exception):
    """The schema refers to something that is not in it; nothing is fetched."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class SchemaCheck:
    """The check of one value: the problems found so far, and the work that is left. Ends with
    `most` problems.
    """

    __slots__ = ("found", "most", "work")

    def __init__(self, work: WorkBudget, most: int = MOST) -> None:
        self.work, self.most = work, most
        self.found: list[Problem] = []

    @property
    def full(self) -> bool:
        return len(self.found) >= self.most

    def apart(self, most: int = MOST) -> "SchemaCheck":
        """A check of an alternative: with problems of its own, and the same budget of work."""
        return SchemaCheck(self.work, most)


KeywordCheck = Callable[[Json, Path, SchemaCheck], None]
