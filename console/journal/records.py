"""One fact as it is written, and as it is read back. Pure: no database, no clock, no dice."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from console.json_value import Json

VISIBLE = "visible"
USER_HIDDEN = "user_hidden"
ALWAYS_HIDDEN = "always_hidden"
VISIBILITIES = frozenset({VISIBLE, USER_HIDDEN, ALWAYS_HIDDEN})
PEOPLE = "user:"
"""Prefix of a person's label among actors; all other actors have plain names."""
HOUSE_KEY = UUID(int=0)  # the chain of everything that belongs to no run


@functools.lru_cache(maxsize=4_096)
def text_of(key: UUID) -> str:
    """A key as text, remembered, since those of active runs are written a dozen times a step."""
    return str(key)


def label_of(actor: str) -> str:
    """An actor's name as people say it: `user:anna` is anna, the clock is the clock."""
    return actor.removeprefix(PEOPLE)


class BadRecord(ValueError):
    """A record that cannot be a fact (no time zone, an unknown visibility, no kind). A fault of
    this code.
    """


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `name` is the label that the journal shows (`user:anna`, `clock`), as it
    was then. `person` is an opaque id that nobody else ever gets, empty for an actor that is no
    person. Only ids are compared.
    """

    name: str
    person: str = ""

    @property
    def label(self) -> str:
        """The name as people say it: `user:anna` is anna."""
        return label_of(self.name)


@dataclass(frozen=True, slots=True)
class SpilledValue:
    """A value that is kept beside its event: its `size` in bytes, the `content` that is kept of it,
    and the `sha256` of salt and content.
    """

    sha256: bytes
    salt: bytes
    size: int
    content: bytes


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One fact to append.

    `at` is the writer's clock, `duration` in seconds, `usd` None when the price is unknown.

    `actor` is a label, `person` the opaque id of the person behind it, empty for what no person
    did. `principal` is the opaque id of the person a run works for, `agent` the agent's short name,
    `model` the model that answered, `external_id` what the tool itself calls the thing that the
    call made or found. `beside` are values to keep beside it whatever their size; its data names
    the digest of each. A record that is read back has none.
    """

    kind: str
    at: datetime
    actor: str
    correlation_id: UUID
    step: int | None = None
    tool: str = ""
    outcome: str = ""
    verdict: str = ""
    rule: str = ""
    span: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal | None = None
    duration: float | None = None
    visibility: str = USER_HIDDEN
    agent: str = ""
    principal: str = ""
    model: str = ""
    external_id: str = ""
    person: str = ""
    data: Mapping[str, Json] = field(default_factory=dict)
    beside: tuple[SpilledValue, ...] = ()

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise BadRecord(f"{self.kind}: its time has no time zone")
        if self.visibility not in VISIBILITIES:
            raise BadRecord(f"{self.kind}: no such visibility as {self.visibility!r}")
        if not self.kind:
            raise BadRecord("a record needs a kind")


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as the journal holds it: its place in the whole (`id`) and in its own chain (`run`,
    `seq`). `erased`: only the envelope is left, and `record.data` is empty.
    """

    id: int
    run: UUID
    seq: int
    record: JournalRecord
    erased: bool = False
