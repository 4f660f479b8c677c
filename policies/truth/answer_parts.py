"""Results in several parts: texts beside pictures, sounds and links, each of which may be the one
that failed.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

MOST = 8
WHOLE, BESIDE = "$structured", "$parts"
JOINED = {WHOLE, BESIDE}
"""The keys of a result that has data and parts beside it."""
ODD = {"$odd", "part"}
"""Those of a part that is none of the protocol's."""
BLOCKS = frozenset({"text", "image", "audio", "resource", "resource_link"})


def whole_of(result: Any) -> Any:
    """What a result comes to: the data of one in two halves, the one part of a list of parts, what
    an odd part holds.
    """
    if isinstance(result, Mapping) and result.keys() == JOINED:
        return result[WHOLE]
    if isinstance(result, list) and len(result) == 1 and isinstance(result[0], Mapping):
        alone = result[0]
        if alone.keys() == ODD:
            return alone["part"]
        if alone.get("type") in ("text", "resource"):
            return _text(alone) or result
    return result


def texts_of(result: Any) -> list[str]:
    """The texts of a result in several parts; none of a result in one."""
    if isinstance(result, Mapping) and result.keys() == JOINED:
        return [text for text in map(_text, islice(result[BESIDE], MOST)) if text]
    if isinstance(result, Mapping):
        result = result.get("content")
    if not isinstance(result, list) or len(result) < 2:
        return []
    texts = [_text(part) for part in islice(result, MOST)]
    return [text for text in texts if text] if is_in_blocks(result) or all(texts) else []


def is_in_blocks(result: Any) -> bool:
    """Whether a list is the content blocks of a tool protocol's answer, rather than somebody's list
    of words.
    """
    if isinstance(result, Mapping):
        result = result.get("content")
    return isinstance(result, list) and any(
        isinstance(part, Mapping) and part.get("type") in BLOCKS for part in result
    )


def _text(part: Any) -> str:
    if isinstance(part, Mapping) and part.get("type") == "resource":
        part = part.get("resource")
    if isinstance(part, Mapping) and ("text" in part):
        part = part.get("text")
    return part if isinstance(part, str) else ""
