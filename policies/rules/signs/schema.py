"""What an output schema has against a result. Compiled once per schema; fetches nothing, a reference to elsewhere is a complaint."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

Complaint = Callable[[Any], str | None]
NOWHERE: Registry[Any] = Registry()


def compiled(schema: Mapping[str, Any]) -> Complaint:
    """A function from a result to a complaint, None when it fits. Raises ValueError when the schema is not JSON Schema."""
    return _compiled(json.dumps(schema, sort_keys=True))


@lru_cache(maxsize=512)
def _compiled(text: str) -> Complaint:
    schema = json.loads(text)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as wrong:
        raise ValueError(f"not a JSON Schema: {wrong.message}") from wrong
    validator = Draft202012Validator(schema, registry=NOWHERE)

    def complaint(result: Any) -> str | None:
        try:
            error = next(validator.iter_errors(result), None)
        except Unresolvable as missing:
            return f"the schema refers to {missing.ref}, which is not in it"
        return error and f"{error.json_path[1:] or 'result'}: {error.message[:200]}"

    return complaint
