"""Events as the journal's columns and data, and back.

Kinds of events that the engine does not know are left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
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


SPLIT: dict[type[e.RunEvent], tuple[tuple[str, ...], tuple[str, ...]]] = {
    kind: (
        tuple(f.name for f in fields(kind) if f.name in COLUMNS),
        tuple(f.name for f in fields(kind) if f.name not in COLUMNS),
    )
    for kind in e.KINDS.values()
}
NULLABLE = {
    kind: {f.name for f in fields(kind) if admits_none(kind, f.name)} for kind in e.KINDS.values()
}
"""Fields in which None is a value of its own: an unknown price is not the default price."""


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
    """The event, or None for a kind that the engine does not know, such as an approval."""
    wanted = e.KINDS.get(kind)
    if wanted is None:
        return None
    own_columns, own_data = SPLIT[wanted]
    found = {name: columns[name] for name in own_columns if name in columns} | {
        name: data[name] for name in own_data if name in data
    }
    nullable = NULLABLE[wanted]
    return wanted(
        **{
            name: read(name, value)
            for name, value in found.items()
            if value is not None or name in nullable
        }
    )


def read(name: str, value: Any) -> Any:
    """A field's value as the event holds it.

    A field that the row does not have, since it is younger than the row, keeps the event's default.
    """
    return value if value is None or value == "" or name not in DECODERS else DECODERS[name](value)
