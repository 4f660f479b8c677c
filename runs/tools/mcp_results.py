"""What a server's tool gave back, whole: structure, text, pictures, sounds, links, resources. Pure.

What in it is none of the protocol's is kept and marked before the SDK, which would refuse the whole
answer of a call that happened, sees it.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from mcp.types import CallToolResult, ContentBlock, TextContent
from mcp_types import methods
from pydantic import TypeAdapter, ValidationError

from console.journal import cleaning
from console.json_value import Json
from runs.engine import pictures
from runs.tools import structured

CALL, REVISION = "tools/call", "2025-11-25"
ODD: Final = "signalbox/odd"
OTHERS: Final = frozenset({"tools", "protocolVersion", "supportedVersions", "capabilities"})
"""By one of these an answer is known that is not a tool's."""
OF_A_RESULT: Final = frozenset({"content", "structuredContent", "isError", "_meta", "resultType"})
SPELLED: Final = {
    "is_error": "isError",
    "iserror": "isError",
    "structured_content": "structuredContent",
}
"""How servers that were written by hand spell what decides what an answer means."""
BLOCKS: Final[TypeAdapter[Any]] = TypeAdapter(ContentBlock)
ABOUT: Final = frozenset({"annotations", "_meta"})
NO_OBJECT = "its structured content is no object"
NO_CONTENT = "an answer that has no content"


def sieve(result: dict[str, Any]) -> None:
    """Make an answer one that the SDK takes; nothing of it is lost. Others' answers stay."""
    if OTHERS & result.keys() or result.get("resultType", "complete") != "complete":
        return
    for snake, name in SPELLED.items():
        if snake in result:
            result.setdefault(name, result.pop(snake))
    result["content"] = [kept(block) for block in blocks(result)]
    whole = result.get("structuredContent")
    if whole is not None and not isinstance(whole, dict):
        del result["structuredContent"]
        result["content"].append(odd(whole, NO_OBJECT))
    told = result.get("isError", False)
    result["isError"] = told if isinstance(told, bool) else str(told).lower() in ("true", "1")


def blocks(result: dict[str, Any]) -> list[Any]:
    """The parts, in whatever way they were put; what stands in their place when there are none."""
    content = result.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if isinstance(content, list) and content:
        return content
    if content is not None and content != []:
        return [content]
    beyond = {name: value for name, value in result.items() if name not in OF_A_RESULT}
    return [odd(beyond, NO_CONTENT)] if beyond else []


def kept(block: Any) -> Any:
    """The part as it is, or as a text that says what is odd about it."""
    if fits(block):
        return block
    if isinstance(block, dict):
        bare = {name: value for name, value in block.items() if name not in ABOUT}
        if fits(bare):  # it is what is said about the part that is wrong
            return bare
    kind = block.get("type") if isinstance(block, dict) else None
    return odd(block, f"no part of the protocol: {kind or type(block).__name__}"[:200])


def fits(block: Any) -> bool:
    try:
        methods.validate_server_result(CALL, REVISION, {"content": [block]})
        BLOCKS.validate_python(block, by_name=False)
    except ValidationError:
        return False
    return True


def odd(value: Any, why: str) -> dict[str, Any]:
    return {"type": "text", "text": json.dumps(value, ensure_ascii=False), "_meta": {ODD: why}}


def result_of(answer: CallToolResult) -> Json:
    """Every part: a single text as text, several parts as a list, structured content as it is, and
    whatever beside it says more.
    """
    parts = [part(block) for block in answer.content]
    if answer.structured_content is None:
        return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts
    whole: Json = answer.structured_content
    said = sayings(whole)
    return structured.joined(whole, [each for each in parts if not repeats(each, said)])


def error_of(answer: CallToolResult) -> str:
    """What the server says about its error: its text, or whatever it gave in place of one."""
    texts = [block.text for block in answer.content if isinstance(block, TextContent)]
    if any(text.strip() for text in texts):
        return "\n".join(texts)
    given = result_of(answer)
    return json.dumps(given, ensure_ascii=False) if given not in ([], "", {}) else ""


def sayings(whole: Json) -> list[Json]:
    """What a text beside structured content may repeat: all of it, what is wrapped in it, an item
    of a list that is.
    """
    inner = whole.get("result") if isinstance(whole, dict) and len(whole) == 1 else None
    return [whole, inner, *(inner if isinstance(inner, list) else ())]


def repeats(said: Json, sayings: Sequence[Json]) -> bool:
    if not isinstance(said, str):
        return False
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        value = said
    return any(same(value, each) or same(said, each) for each in sayings)


def same(one: Json, other: Json) -> bool:
    return type(one) is type(other) and one == other


def part(block: ContentBlock) -> Json:
    if isinstance(block, TextContent):
        why = (block.meta or {}).get(ODD)
        return block.text if why is None else marked(block.text, str(why))
    described: dict[str, Json] = block.model_dump(mode="json", by_alias=True, exclude_none=True)
    return without_payload(described)


def marked(text: str, why: str) -> Json:
    """What `odd` wrote; the text itself where a server wrote its mark and nothing that fits it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return {"$odd": why, "part": without_payload(value)}


def without_payload(node: Json, deepest: int = cleaning.MAX_DEPTH) -> Json:
    """Base64 payloads give way to their size and digest: the journal's rows are no place for them.
    Pictures stay, until the caller of the tool takes them out to keep them beside the journal.
    What is nested deeper than the journal keeps stays as it is.
    """
    if deepest < 0 or not isinstance(node, list | dict):
        return node
    if isinstance(node, list):
        return [without_payload(item, deepest - 1) for item in node]
    return {
        key: pictures.of_base64(value) or digest(value)
        if key in {"data", "blob"} and isinstance(value, str)
        else without_payload(value, deepest - 1)
        for key, value in node.items()
    }


def digest(payload: str) -> Json:
    return {
        "$left_out": "binary content",
        "base64_length": len(payload),
        "sha256": hashlib.sha256(payload.encode()).hexdigest(),
    }
