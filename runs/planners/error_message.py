"""What a provider says in an error's body, wherever its maker puts it: the message, and the codes
and types beside it. Pure.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from console.json_value import Json

HOLDERS: Final = ("error", "errors", "message", "detail", "response")
"""Fields that may hold a whole error, by the letters of their names."""
MESSAGES: Final = (
    "message msg errormessage errormsg statusmsg errordescription detail error title reason"
).split()
"""Fields whose text is the message, the one that says most first."""
CODES: Final = frozenset({"code", "type", "status", "errorcode", "errortype"})
DEEPEST: Final = 6


def message(body: Json, deepest: int = DEEPEST) -> str:
    """The message within an error's body, with the words of whoever stands behind a gateway."""
    if isinstance(body, str):
        return body
    if isinstance(body, list) and body and deepest:
        return message(body[0], deepest - 1)
    if not isinstance(body, Mapping) or not deepest:
        return ""
    fields = by_letters(body)
    inner = [fields.get(name) for name in HOLDERS]
    held = (message(each, deepest - 1) for each in inner if isinstance(each, Mapping | list))
    said = next(filter(None, held), "") or next(
        (text for name in MESSAGES if isinstance(text := fields.get(name), str) and text), ""
    )
    behind = upstream(fields)
    return ": ".join(filter(None, (said, behind if behind not in said else "")))


def by_letters(body: Mapping[str, Json]) -> dict[str, Json]:
    """The fields by the letters of their names: `errorMessage` and `error_message` are one."""
    return {re.sub(r"[^a-z]", "", str(name).lower()): value for name, value in body.items()}


def upstream(fields: Mapping[str, Json]) -> str:
    """What a gateway was told by the provider behind it, and hands on as it came."""
    beside = fields.get("metadata")
    raw = beside.get("raw") if isinstance(beside, Mapping) else None
    try:
        return message(json.loads(raw) if isinstance(raw, str) else raw)
    except (ValueError, RecursionError):
        return str(raw)


def codes(body: Json, deepest: int = DEEPEST) -> set[str]:
    """Every code, type and status that an error's body names, without the name of its maker's
    library.
    """
    if isinstance(body, list) and deepest:
        return set().union(*(codes(each, deepest - 1) for each in body))
    if not isinstance(body, Mapping) or not deepest:
        return set()
    fields = by_letters(body)
    own = {str(fields[name]).rpartition("#")[2] for name in CODES & fields.keys() if fields[name]}
    return own.union(*(codes(fields.get(name), deepest - 1) for name in ("error", "innererror")))
