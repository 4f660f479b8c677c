"""Finds a tool call that a model wrote as text, since its server's template did not fit it: such a
text is neither a call nor an answer. Pure.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from console.json_value import Json

MARKS: Final = re.compile(
    r"^[ \t]*(?:<[|｜]?/?(?:[a-z]{2,12}:|DSML[|｜])?"
    r"(?:tool_?calls?|function_calls?|tool_call_(?:begin|start)|tool▁calls?▁begin|python_tag"
    r"|tool_calls_(?:section_)?begin|tools_prefix|action_start)[|｜]?>"
    r"|<function=|<invoke name=|\[TOOL_CALLS\]|\[TOOL_REQUEST\]|```tool_(?:call|code)"
    r"|(?:<\|start\|>)?(?:assistant)?(?:<\|channel\|>)?(?:commentary|analysis) to=functions)",
    re.IGNORECASE | re.MULTILINE,
)
"""How the templates of the field begin a call, on a line of its own: Hermes and Qwen, Llama,
Mistral, DeepSeek, Kimi, MiniMax, Nemotron, LFM2, LM Studio, gpt-oss with its marks or without.
"""
FENCE: Final = "```"
LINE_OF_JSON: Final = re.compile(r"^[{\[]", re.MULTILINE)
STEPWISE: Final = re.compile(
    r"^[ \t]*Action:[ \t]*`?([\w.-]{1,64})`?[ \t]*\n+[ \t]*Action Input:", re.MULTILINE
)
"""Thought, action and its input, as agents of text were prompted."""
PYTHONIC: Final = re.compile(r"\A\[?([A-Za-z_][\w.-]{0,63})\(.*\)\]?\Z", re.DOTALL)
NAMES: Final = ("name", "function", "tool", "tool_name")
ARGUMENTS: Final = ("arguments", "parameters", "args", "input", "tool_input")
LONGEST: Final = 100_000
MOST_FENCED: Final = 20


def is_one(text: str, offered: Collection[str]) -> bool:
    """Whether this text, which came without any call, is one: it opens like a template's call, or
    holds an object, an action or a call in Python that names a tool that was `offered`.
    """
    if MARKS.search(text):
        return True
    head = text[:LONGEST].strip()
    named = [each for pattern in (STEPWISE, PYTHONIC) if (each := pattern.search(head))]
    if any(each[1] in offered for each in named):
        return True
    return any(names_tool(each, offered) for each in objects(head))


def objects(text: str) -> Iterator[Json]:
    """The JSON objects of a text that is nothing but JSON, of its code fences, and of one with
    which it ends.
    """
    ends = [found.start() for found in LINE_OF_JSON.finditer(text)]
    fenced = [block.removeprefix("json") for block in text.split(FENCE)[1::2]]
    ending = [text[place:] for place in {*ends[:1], *ends[-1:]}]
    for bare in (*ending, *fenced[:MOST_FENCED]):
        try:
            value = json.loads(bare)
        except (ValueError, RecursionError):
            continue
        yield from value if isinstance(value, list) else [value]


def names_tool(value: Json, offered: Collection[str]) -> bool:
    if not isinstance(value, Mapping):
        return False
    inner = value.get("function")
    if isinstance(inner, Mapping):
        return names_tool(inner, offered)
    called = any(value.get(name) in offered for name in NAMES if isinstance(value.get(name), str))
    return called and any(name in value for name in ARGUMENTS)
