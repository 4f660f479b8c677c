"""Finds a tool call that a model wrote as text, since its server's template did not fit it: such a
text is neither a call nor an answer. Pure.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from console.json_value import Json

MARKS: Final = re.compile(
    r"^[ \t]*(?:<\|?/?(?:tool_calls?|function_calls?|tool_call_begin|python_tag|tool▁calls▁begin"
    r"|tool_calls_section_begin|tool_calls_begin)\|?>|<function=|<invoke name=|\[TOOL_CALLS\]"
    r"|\[TOOL_REQUEST\]|<\|channel\|>commentary to=functions|```tool_(?:call|code))",
    re.IGNORECASE | re.MULTILINE,
)
"""How the templates of the field begin a call, on a line of its own: Hermes and Qwen, Llama,
Mistral, DeepSeek, Kimi, LM Studio, gpt-oss.
"""
FENCE: Final = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\s*\Z", re.DOTALL)
NAMES: Final = ("name", "function", "tool", "tool_name")
ARGUMENTS: Final = ("arguments", "parameters", "args", "input", "tool_input")
LONGEST: Final = 100_000


def is_one(text: str, offered: Collection[str]) -> bool:
    """Whether this text, which came without any call, is one: it opens like a template's call, or
    is nothing but an object that names a tool that was `offered`.
    """
    if MARKS.search(text):
        return True
    return any(names_tool(each, offered) for each in objects(text[:LONGEST]))


def objects(text: str) -> list[Json]:
    """The JSON objects of a text that is nothing but JSON, alone or in a code fence; empty for any
    other text.
    """
    bare = (fenced[1] if (fenced := FENCE.match(text)) else text).strip()
    if not bare.startswith(("{", "[")):
        return []
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list) else [value]


def names_tool(value: Json, offered: Collection[str]) -> bool:
    if not isinstance(value, Mapping):
        return False
    inner = value.get("function")
    if isinstance(inner, Mapping):
        return names_tool(inner, offered)
    called = any(value.get(name) in offered for name in NAMES if isinstance(value.get(name), str))
    return called and any(name in value for name in ARGUMENTS)
