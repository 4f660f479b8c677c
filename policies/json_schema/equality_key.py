"""One text for equal JSON values and another for different ones:

1 and 1.0 are equal, 1 and true are not.

Costs as much as the value is large. Texts are what a set of foreign values is made of: their hashes
are salted, those of numbers can be made to collide.
"""

import json
from collections.abc import Mapping
from decimal import Decimal

from console.json_value import Json
from policies.json_schema.work_limit import TooMuch, WorkBudget


def canonical(value: Json, work: WorkBudget) -> str:
    """The text that stands for the value. Raises TooMuch."""
    if isinstance(value, str):
        work.spend_on(value)
        return f'"{value}'
    return json.dumps(_plain(value, work), sort_keys=True, separators=(",", ":"))


def _plain(value: Json, work: WorkBudget) -> Json:
    work.spend(1)
    if isinstance(value, str):
        work.spend_on(value)
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(each, work) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, work) for each in value]
    if isinstance(value, float | Decimal) and value == value // 1:
        return int(value)
    return float(value) if isinstance(value, Decimal) else value


def equal(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON; False for values too large to be compared."""
    try:
        return canonical(one, WorkBudget()) == canonical(other, WorkBudget())
    except (TooMuch, RecursionError):
        return False
