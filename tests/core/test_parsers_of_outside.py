"""Whatever somebody outside writes is read, or refused in words: nothing else comes out of a
parser, however odd, deep or long the text is.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.rules import argument_form
from approvals.selectors.filters import QueueFilters
from console import row_files
from console.api import bodies
from console.doors import body_limits, origin, storable_text
from console.doors.api_errors import ApiError
from console.live import requests
from console.outside import addresses, confusable_names, variables, visible
from console.outside.masking import Mask
from console.refused import Refused
from policies import acceptance, json_schema
from policies.cel import cel_source, expression
from policies.json_schema import linear_regex
from policies.json_schema.problem import BadSchema
from policies.retries import hints
from policies.taint import fields
from policies.truth import result_body
from policies.truth.sign import TruthThresholds
from runs.planners import (
    call_arguments,
    call_as_text,
    error_message,
    overflow_words,
    recorded_planner,
    return_time,
    script_text,
    stated_errors,
    thinking_tags,
)
from runs.search.fleet_address import FleetAddress
from runs.tools import mcp_results, seen_tools

AT = datetime(2026, 11, 20, tzinfo=UTC)
THRESHOLDS = TruthThresholds()
Errors = tuple[type[Exception], ...]
TEXTS: dict[str, tuple[Callable[[str], object], Errors]] = {
    "a program's body": (
        lambda text: bodies.read(text.encode("utf-8", "surrogatepass"), bodies.JSON),
        (ApiError,),
    ),
    "a live request": (requests.parse, (requests.BadMessage,)),
    "a script": (script_text.parse, (script_text.ScriptError,)),
    "a call's arguments": (call_arguments.read, ()),
    "a model's words": (thinking_tags.without_thinking, ()),
    "a call as text": (lambda text: call_as_text.is_one(text, {"pay"}), ()),
    "an answer that has to meet criteria": (acceptance.parsed, ()),
    "a field of a card": (
        lambda text: [
            argument_form.parsed(text, {"type": kind}, None)
            for kind in ("integer", "number", "boolean", "object", "array", "string")
        ],
        (ValueError,),
    ),
    "a result as data": (lambda text: result_body.opened(text, THRESHOLDS), ()),
    "a result cut short": (result_body.tolerant, ()),
    "a result's fields": (fields.of_text, ()),
    "a pattern": (linear_regex.compiled, (linear_regex.BadPattern,)),
    "an expression": (
        lambda text: expression.compiled(text, {"args": None}, ()),
        (cel_source.BadExpression,),
    ),
    "an address": (addresses.problem, ()),
    "an origin": (origin.placed, ()),
    "an address that a browser says": (origin.read, ()),
    "a length": (
        lambda text: body_limits.announced([(b"content-length", text.encode("utf-8", "replace"))]),
        (),
    ),
    "a date": (hints.http_date, ()),
    "a kept schema": (seen_tools.schema_of, ()),
    "a name": (lambda text: confusable_names.problem(text, ["anna"]), ()),
    "a variable's name": (lambda text: variables.problem([text], {}, host=text), ()),
    "a setting of variables": (lambda text: variables.listed({variables.HANDS_ON: text}), ()),
    "a setting of hosts": (lambda text: addresses.own_hosts({addresses.OWN_HOSTS: text}), ()),
    "a filter of the fleet": (
        lambda text: FleetAddress.read(dict.fromkeys(("q", "agent", "status", "page"), text)),
        (Refused,),
    ),
    "a filter of the queue": (
        lambda text: QueueFilters.read(dict.fromkeys(("q", "agent", "risk", "sort"), text)),
        (Refused,),
    ),
    "a repeated result": (lambda text: mcp_results.repeats(text, [text, None]), ()),
}
VALUES: dict[str, tuple[Callable[[Any], object], Errors]] = {
    "a schema": (lambda value: json_schema.ready.compiled(value, strict=False), (BadSchema,)),
    "a strict schema": (lambda value: json_schema.ready.compiled(value, strict=True), (BadSchema,)),
    "criteria": (acceptance.read, (acceptance.BadCriteria,)),
    "an error's message": (error_message.message, ()),
    "an error's codes": (error_message.codes, ()),
    "an error within": (stated_errors.within, ()),
    "an error's status": (stated_errors.status_of, ()),
    "an error of the window": (overflow_words.overflows, ()),
    "a wait": (lambda value: return_time.in_body(value, AT), ()),
    "a file of rows": (
        lambda value: row_files.read(value, "agents", {"name"}) if isinstance(value, dict) else 0,
        (Refused,),
    ),
    "a recording": (
        lambda value: recorded_planner.read({"steps": [value] if isinstance(value, dict) else []}),
        (),
    ),
    "a result of a server": (mcp_results.without_payload, ()),
}
ODD = (
    "",
    "\x00",
    "\ud800",
    "[" * 60_000,
    '{"a":' * 20_000,
    "[" * 900 + "]" * 900,
    '{"a":' * 900 + "1" + "}" * 900,
    "a = " + "[" * 3_000 + "]" * 3_000,
    "a = " + "{a = " * 3_000 + "1" + "}" * 3_000,
    "a." * 5_000 + "b = 1",
    "a = " + "9" * 6_000,
    "[[step]]\nfinal = " + "9" * 6_000,
    "9" * 6_000,
    "[" + "9" * 6_000,
    '{"a": ' + "9" * 6_000,
    "{a: -" + "9" * 6_000 + ", b",
    "1e999999999",
    "-" * 20_000,
    "(" * 5_000,
    "(" * 5_000 + ")" * 5_000,
    "[" * 5_000,
    "((a+)+)+$",
    "a{1,1000}{1,1000}",
    "!" * 5_000 + "true",
    "a?" * 2_000 + "a:a",
    "<think>" * 5_000,
    "</think>" * 5_000,
    "NaN",
    '{"a": Infinity}',
    '"\\ud800"',
    "http://[::1",
    "http://" + "a" * 70_000,
    "http://a:99999999999/",
    "http://\u2100.example/",
    "//\ud800",
    "Thu, 99 Zzz 99999 99:99:99 GMT",
    "9" * 30,
    "²",
    "\u0661\u0662",
    "\u202e\U000e0041\ufeff",
    " " * 50_000,
    "\n" * 50_000,
    "```json\n" * 5_000,
)
GRAMMAR = st.lists(
    st.sampled_from(
        [*'{}[]()",:=\\.+*?|^$-<>/@%&#\n\t \x00', "\ud800", "\u202e", "é", "null", "true", "NaN",
         "1e9", "0x", "args", "name", "[[step]]", "final", "call", "type", "watch", "http://",
         "</think>", "$ref", "\\u0000", "\\ud800", "matches", "9" * 40]
    ),
    max_size=40,
).map("".join)  # fmt: skip
TEXT = st.one_of(
    st.text(st.characters(codec=None, categories=None), max_size=80),
    GRAMMAR,
    st.sampled_from(ODD),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["string", "object", "^(a+)+$", "#", "#/a", "9" * 30, 10**400, -(10**30)]),
)
WORDS = st.sampled_from(
    ["type", "items", "properties", "pattern", "enum", "$ref", "anyOf", "not", "error", "message",
     "code", "details", "name", "cel", "schema", "steps", "kind", "tool", "args", "retry_after",
     "format", "agents", "minimum", "multipleOf", "required", "$defs", "usage", "tokens_in"]
)  # fmt: skip
VALUE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def deep(kind: str, depth: int = 900) -> Any:
    found: Any = "bottom"
    for _ in range(depth):
        found = [found] if kind == "list" else {kind: found}
    return found


DEEP = [deep(kind) for kind in ("list", "error", "items", "not", "message", "details", "schema")]


def read(parser: Callable[[Any], object], allowed: Errors, given: Any) -> None:
    try:
        parser(given)
    except allowed as refused:
        str(refused)


@pytest.mark.parametrize("name", TEXTS)
@given(text=TEXT)
@settings(max_examples=150, deadline=None)
def test_a_text_is_read_or_refused_in_words(name: str, text: str) -> None:
    read(*TEXTS[name], text)


@pytest.mark.parametrize("name", TEXTS)
def test_so_is_every_text_that_is_known_to_be_odd(name: str) -> None:
    for text in ODD:
        read(*TEXTS[name], text)


@pytest.mark.parametrize("name", VALUES)
@given(value=VALUE)
@settings(max_examples=150, deadline=None)
def test_a_value_is_read_or_refused_in_words(name: str, value: Any) -> None:
    read(*VALUES[name], value)


@pytest.mark.parametrize("name", VALUES)
def test_so_is_every_value_that_is_nested_deeply(name: str) -> None:
    for value in DEEP:
        read(*VALUES[name], value)


@given(text=TEXT)
@settings(max_examples=300, deadline=None)
def test_what_is_shown_holds_nothing_hidden_and_comes_back_as_it_was(text: str) -> None:
    shown = visible.quoted(text)
    assert not any(visible.hidden(each) for each in visible.line(text) if ord(each) < 0x3000)
    if "\r" not in text:
        assert visible.unquoted(shown) == text
    visible.told(text)
    visible.apart(text)


@given(text=TEXT, value=VALUE)
@settings(max_examples=150, deadline=None)
def test_a_mask_takes_any_text_and_value(text: str, value: Any) -> None:
    mask = Mask({"sk-very-secret-value": "A_KEY"})
    assert "sk-very-secret-value" not in mask.text(f"{text}sk-very-secret-value{text}")
    mask.json([value, text])


@given(text=TEXT)
@settings(max_examples=150, deadline=None)
def test_what_no_table_can_hold_is_told_from_what_one_can(text: str) -> None:
    try:
        text.encode()
        fits = "\x00" not in text
    except UnicodeEncodeError:
        fits = False
    assert storable_text.illegible(text) is not fits


def test_a_parser_that_lets_anything_else_out_would_be_seen() -> None:
    with pytest.raises(json.JSONDecodeError):
        read(json.loads, (), "{")
