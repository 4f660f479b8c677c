"""Results in several parts: texts beside pictures, sounds and links, each of which may be the one
that failed.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

MOST = 8
BLOCKS = frozenset({"text", "image", "audio", "resource", "resource_link"})


def texts_of(result: Any) -> list[str]:
    """The texts of a result in several parts; none of a result in one."""
    if isinstance(result, Mapping):
        result = result.get("content")
    if not isinstance(result, list) or len(result) < 2:
        return []
    texts = [_text(part) for part in islice(result, MOST)]
    return [text for text in texts if text] if is_in_blocks(result) or all(texts) else []


def is_in_blocks(result: list[Any]) -> bool:
    """Whether a list is the content blocks of a tool protocol's answer, rather than somebody's list
    of words.
    """
    return any(isinstance(part, Mapping) and part.get("type") in BLOCKS for part in result)


def _text(part: Any) -> str:
    if isinstance(part, Mapping) and part.get("type") == "text":
        part = part.get("text")
    return part if isinstance(part, str) else ""
