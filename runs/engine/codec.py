"""Events as the journal's columns and data, and back.

Kinds of events that the engine does not know are left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from console.json_value import Json
from runs.engine import events as e
from runs.engine.engine_errors import PlannerFault
from runs.engine.pictures import Picture
from runs.engine.ports import Happened, PriceTier, ToolCall
from runs.engine.vocabulary import (
    AnswerAct,
    Closer,
    Compensation,
    Discrepancy,
    Effect,
    Outcome,
    Priority,
    StopReason,
    Verdict,
    Visibility,
    Waiting,
)

COLUMNS = (
    "at",
    "actor",
    "visibility",
    "step",
    "tool",
    "outcome",
    "verdict",
    "rule",
    "tokens_in",
    "tokens_out",
    "usd",
    "duration",
    "model",
    "person",
)

Decoder = Callable[[Any], Any]
DECODERS: dict[str, Decoder] = {
    "visibility": Visibility,
    "outcome": Outcome,
    "verdict": Verdict,
    "effect": Effect,
    "fault": PlannerFault,
    "happened": Happened,
    "reason": StopReason,
    "waiting_for": Waiting,
    "word": AnswerAct,
    "closer": Closer,
    "free": tuple,
    "unmet": tuple,
    "undoes": tuple,
    "compensate": Compensation,
    "priority": Priority,
    "until": datetime.fromisoformat,
    "effect_at": datetime.fromisoformat,
    "difference": Discrepancy,
    "effect_until": datetime.fromisoformat,
    "retry_at": datetime.fromisoformat,
    "calls": lambda calls: tuple(ToolCall(**each) for each in calls),
    "pictures": lambda pictures: tuple(Picture(**each) for each in pictures),
    "price_in": Decimal,
    "price_out": Decimal,
    "saved": Decimal,
    "price_tiers": lambda tiers: tuple(
        PriceTier(above, Decimal(price_in), Decimal(price_out))
        for above, price_in, price_out in tiers
    ),
}
"""How to read a field back, by its name, which means the same in every event."""


def admits_none(kind: type[e.RunEvent], field: str) -> bool:
    hint = get_type_hints(kind)[field]
    return hint is Any or type(None) in get_args(hint)


@dataclass(frozen=True, slots=True)
class ReadField:
    """How one field of a kind of event is read back."""

    name: str
    read: Decoder | None
    nullable: bool
    """Whether None is a value of its own: an unknown price is not the default price."""


SPLIT: dict[type[e.RunEvent], tuple[tuple[str, ...], tuple[str, ...]]] = {
    kind: (
        tuple(f.name for f in fields(kind) if f.name in COLUMNS),
        tuple(f.name for f in fields(kind) if f.name not in COLUMNS),
    )
    for kind in e.KINDS.values()
}


def read_fields(kind: type[e.RunEvent], names: tuple[str, ...]) -> tuple[ReadField, ...]:
    return tuple(
        ReadField(name, DECODERS.get(name), nullable=admits_none(kind, name)) for name in names
    )


READ = {
    kind: (read_fields(kind, columns), read_fields(kind, data))
    for kind, (columns, data) in SPLIT.items()
}
"""What is looked for in a row's columns and in its data, by the kind of event."""


PLAIN = frozenset({str, int, bool, float, type(None), dict, list})


def encoded(value: Any) -> Json:
    if isinstance(value, ToolCall):
        return {"id": value.id, "tool": value.tool, "args": value.args}
    if isinstance(value, Picture):
        return value.fields
    if isinstance(value, PriceTier):
        return [value.above, str(value.price_in), str(value.price_out)]
    if isinstance(value, tuple):
        return [encoded(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def encode(event: e.RunEvent) -> tuple[dict[str, Any], dict[str, Json]]:
    """The event's columns and its data."""
    columns, data = SPLIT[type(event)]
    values = {name: getattr(event, name) for name in data}
    for name, value in values.items():
        if type(value) not in PLAIN:
            values[name] = encoded(value)
    return {name: getattr(event, name) for name in columns}, values


def decode(kind: str, columns: Mapping[str, Any], data: Mapping[str, Json]) -> e.RunEvent | None:
    """The event, or None for a kind that the engine does not know, such as an approval.

    A field that the row does not have, since it is younger than the row, keeps the event's default.
    """
    wanted = e.KINDS.get(kind)
    if wanted is None:
        return None
    own_columns, own_data = READ[wanted]
    values: dict[str, Any] = {}
    read_into(values, own_columns, columns)
    read_into(values, own_data, data)
    return wanted(**values)


def read_into(
    values: dict[str, Any], wanted: tuple[ReadField, ...], row: Mapping[str, Any]
) -> None:
    """Read the fields that the row has. Taking over a run reads all of its events: this is most of
    what that costs.
    """
    for field in wanted:
        value = row.get(field.name)
        if value is None:
            if field.nullable and field.name in row:
                values[field.name] = None
        elif field.read is None or value == "":
            values[field.name] = value
        else:
            values[field.name] = field.read(value)
