"""What a schema has against a result or an answer.

Compiled once per schema; fetches nothing, a reference to elsewhere is a complaint.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from policies.json_schema import bounds, ready, words
from policies.json_schema.problem import BadSchema, Unresolved
from policies.json_schema.work_limit import TooMuch

Complaint = Callable[[Any], str | None]
MOST_VALUES = 50_000


class Unknowable(Exception):
    """Whether it fits cannot be said: it is too large to be checked, or takes too long.

    The text says which.
    """


def compiled(schema: Mapping[str, Any], *, strict: bool = False) -> Complaint:
    """A function from a result to a complaint, None when it fits; it raises Unknowable.

    Raises ValueError when the schema is not JSON Schema and, when `strict`, when something in it
    cannot be checked here in bounded time.
    """
    return _compiled(json.dumps(schema, sort_keys=True), strict)


@lru_cache(maxsize=512)
def _compiled(text: str, strict: bool) -> Complaint:
    try:
        schema = ready.compiled(json.loads(text), strict=strict)
    except BadSchema as wrong:
        raise ValueError(f"not a JSON Schema that can be used: {wrong}") from wrong

    def complaint(result: Any) -> str | None:
        if flaw := bounds.flaw(result, values=MOST_VALUES):
            raise Unknowable(f"{words.field(flaw[0], 'its values')} {flaw[1]}")
        try:
            problem = next(iter(schema.problems(result)), None)
        except Unresolved as missing:
            return f"the schema refers to {missing.reference[:200]}, which is not in it"
        except TooMuch as much:
            raise Unknowable(str(much)) from much
        return None if problem is None else words.sentence(problem, "the whole")

    return complaint
