"""What a tool server says of its tools, as far as it is believed; and what its answers become."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import CallToolResult, ImageContent, TextContent, Tool, ToolAnnotations

from runs.engine.vocabulary import Effect, Visibility
from runs.tools import mcp_results, mcp_sieve, mcp_tools
from runs.tools.mcp_server import DeclaredServer
from runs.tools.mcp_tools import Proposal

OBJECT: dict[str, Any] = {"type": "object"}


def server(**facts: Any) -> DeclaredServer:
    given: dict[str, Any] = {"name": "crm", "transport": "stdio", "command": "crm"}
    return DeclaredServer(**{**given, **facts})


def offered(**hints: Any) -> Tool:
    annotations = ToolAnnotations(**hints) if hints else None
    return Tool(name="find", description="Finds.", input_schema=OBJECT, annotations=annotations)


# hints


@pytest.mark.parametrize(
    ("hints", "proposal"),
    [
        ({}, Proposal(Effect.IRREVERSIBLE, idempotent=False)),
        ({"read_only_hint": True}, Proposal(Effect.READ, idempotent=True)),
        ({"read_only_hint": False}, Proposal(Effect.IRREVERSIBLE, idempotent=False)),
        ({"destructive_hint": False}, Proposal(Effect.IRREVERSIBLE, idempotent=False)),
        ({"idempotent_hint": True}, Proposal(Effect.IRREVERSIBLE, idempotent=True)),
    ],
)
def test_a_server_proposes_by_its_hints_and_never_that_a_call_can_be_taken_back(
    hints: dict[str, bool], proposal: Proposal
) -> None:
    assert mcp_tools.proposal(offered(**hints)) == proposal


SEEN_READ = {"find": {"effect": "read", "idempotent": True}}


@pytest.mark.parametrize(
    ("facts", "hints", "effect", "idempotent"),
    [
        ({}, {"read_only_hint": True}, Effect.IRREVERSIBLE, False),
        ({"trust_hints": True}, {"read_only_hint": True}, Effect.IRREVERSIBLE, False),
        ({"hints": SEEN_READ}, {"read_only_hint": True}, Effect.IRREVERSIBLE, False),
        (
            {"trust_hints": True, "hints": SEEN_READ},
            {"read_only_hint": True},
            Effect.READ,
            True,
        ),
        ({"trust_hints": True, "hints": SEEN_READ}, {}, Effect.IRREVERSIBLE, False),
        (
            {"trust_hints": True, "hints": SEEN_READ},
            {"idempotent_hint": True},
            Effect.IRREVERSIBLE,
            True,
        ),
        (
            {"trust_hints": True, "hints": {"find": {"idempotent": False}}},
            {"read_only_hint": True},
            Effect.IRREVERSIBLE,
            False,
        ),
    ],
)
def test_a_hint_is_believed_only_as_it_was_seen_when_an_admin_trusted_it(
    facts: dict[str, Any], hints: dict[str, bool], effect: Effect, idempotent: bool
) -> None:
    """A server that changes its mind gets no wider trust by it."""
    assert mcp_tools.believed(server(**facts), offered(**hints)) == Proposal(effect, idempotent)


def test_an_admins_word_wins_over_every_hint() -> None:
    said = {"find": {"effect": "reversible", "idempotent": True, "timeout": 5, "scope": "crm:read"}}
    spec = mcp_tools.spec_of(server(overrides=said), offered(read_only_hint=True))
    assert (spec.name, spec.effect, spec.idempotent) == ("crm.find", Effect.REVERSIBLE, True)
    assert (spec.timeout, spec.scope, spec.visibility) == (5.0, "crm:read", Visibility.USER_HIDDEN)


def test_a_tool_of_which_nobody_spoke_is_irreversible_and_has_the_usual_time() -> None:
    spec = mcp_tools.spec_of(server(), offered())
    assert (spec.effect, spec.idempotent, spec.timeout) == (
        Effect.IRREVERSIBLE,
        False,
        mcp_tools.DEFAULT_TIMEOUT,
    )


def test_what_only_reads_may_be_called_again_unless_an_admin_says_otherwise() -> None:
    reads = server(overrides={"find": {"effect": "read"}})
    not_again = server(overrides={"find": {"effect": "read", "idempotent": False}})
    assert mcp_tools.spec_of(reads, offered()).idempotent is True
    assert mcp_tools.spec_of(not_again, offered()).idempotent is False


def test_a_description_is_cut_and_a_title_stands_in_for_none() -> None:
    long = Tool(name="find", description="x" * 9_000, input_schema=OBJECT)
    titled = Tool(name="find", title="Find a customer", input_schema=OBJECT)
    assert len(mcp_tools.spec_of(server(), long).description) == mcp_tools.LONGEST_DESCRIPTION
    assert mcp_tools.spec_of(server(), titled).description == "Find a customer"


# answers


def answer(*parts: Any, structured: Any = None) -> CallToolResult:
    return CallToolResult(content=list(parts), structured_content=structured)


def said(text: str) -> TextContent:
    return TextContent(type="text", text=text)


@pytest.mark.parametrize(
    ("given_answer", "result"),
    [
        (answer(said("found")), "found"),
        (answer(said("one"), said("two")), ["one", "two"]),
        (answer(), []),
        (answer(said('{"rows": 1}'), structured={"rows": 1}), {"rows": 1}),
        (
            answer(said("x"), structured={"rows": 1}),
            {"$structured": {"rows": 1}, "$parts": ["x"]},
        ),
    ],
)
def test_an_answer_is_its_structure_and_what_says_more_else_its_text_else_its_parts(
    given_answer: CallToolResult, result: Any
) -> None:
    assert mcp_results.result_of(given_answer) == result


def test_a_picture_is_kept_by_its_size_and_digest() -> None:
    picture = ImageContent(type="image", data="aGVsbG8=", mime_type="image/png")
    [kept] = mcp_results.result_of(answer(picture))
    assert kept["data"] == {
        "$left_out": "binary content",
        "base64_length": 8,
        "sha256": hashlib.sha256(b"aGVsbG8=").hexdigest(),
    }
    assert (kept["type"], kept["mimeType"]) == ("image", "image/png")


# what is no tool


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({"name": "find", "inputSchema": OBJECT}, ""),
        ({"name": "find", "inputSchema": {**OBJECT, "properties": {}}}, ""),
        ("find", "it is no object"),
        (None, "it is no object"),
        (
            {"inputSchema": OBJECT},
            "its name is not a word of at most 128 characters that can be seen",
        ),
        (
            {"name": "two words", "inputSchema": OBJECT},
            "its name is not a word of at most 128 characters that can be seen",
        ),
        (
            {"name": "fi\u200bnd", "inputSchema": OBJECT},
            "its name is not a word of at most 128 characters that can be seen",
        ),
        (
            {"name": "x" * 129, "inputSchema": OBJECT},
            "its name is not a word of at most 128 characters that can be seen",
        ),
        ({"name": "find"}, "its input schema is not one of an object"),
        ({"name": "find", "inputSchema": []}, "its input schema is not one of an object"),
        (
            {"name": "find", "inputSchema": {"type": "string"}},
            "its input schema is not one of an object",
        ),
    ],
)
def test_what_is_no_tool_is_said_so_in_words(raw: Any, wrong: str) -> None:
    assert mcp_sieve.flaw(raw) == wrong


def test_a_part_of_a_tool_that_has_the_wrong_type_is_named() -> None:
    assert mcp_sieve.flaw({"name": "find", "inputSchema": OBJECT, "description": 7}).startswith(
        "description: "
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "inputSchema", "type", "description", "annotations", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(json_values)
def test_whatever_a_server_lists_is_taken_or_named_and_never_breaks_the_list(raw: Any) -> None:
    assert isinstance(mcp_sieve.flaw(raw), str)
