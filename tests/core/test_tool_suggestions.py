"""What a tool probably does is suggested by the gravest of its words, with the word that spoke."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.vocabulary import Effect
from runs.tools import tool_suggestions


@pytest.mark.parametrize(
    ("tool", "facts", "effect", "because"),
    [
        ("list_tickets", {}, Effect.READ, "list"),
        ("getUser", {}, Effect.READ, "get"),
        ("update-ticket", {}, Effect.REVERSIBLE, "update"),
        ("merge_tickets", {}, Effect.IRREVERSIBLE, "merge"),
        ("get_and_delete", {}, Effect.IRREVERSIBLE, "delete"),
        ("list_old", {"description": "Purge what is old"}, Effect.IRREVERSIBLE, "purge"),
        ("frobnicate", {"effect": "read"}, Effect.READ, "its server says"),
        ("set_price", {"effect": "read"}, Effect.REVERSIBLE, "set"),
        ("wipe_all", {"effect": "read"}, Effect.IRREVERSIBLE, "wipe"),
        ("frobnicate", {}, Effect.IRREVERSIBLE, "nothing says"),
    ],
)
def test_a_suggestion_takes_the_gravest_reading_and_says_why(
    tool: str, facts: dict[str, Any], effect: Effect, because: str
) -> None:
    found = tool_suggestions.suggested("desk", tool, facts)
    assert found.effect is effect
    assert because in found.because


def test_what_cannot_be_undone_is_never_suggested_to_be_safe_twice() -> None:
    found = tool_suggestions.suggested("desk", "send_mail", {"idempotent": True})
    assert (found.effect, found.idempotent) == (Effect.IRREVERSIBLE, False)
    assert tool_suggestions.suggested("desk", "set_price", {"idempotent": True}).idempotent


def test_a_scope_is_suggested_by_server_and_effect() -> None:
    scopes = {
        name: tool_suggestions.suggested("desk", name, {}).scope
        for name in ("list_all", "update_one", "delete_one")
    }
    assert scopes == {"list_all": "desk:read", "update_one": "desk:write", "delete_one": "desk:act"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("getUserById", ["get", "user", "by", "id"]),
        ("list-all_files2", ["list", "all", "files", "2"]),
        ("HTTPFetch", ["http", "fetch"]),
        ("", []),
    ],
)
def test_a_name_is_read_in_any_of_the_usual_spellings(name: str, words: list[str]) -> None:
    assert tool_suggestions.words(name) == words


@given(st.text(max_size=40), st.text(max_size=200), st.sampled_from(["read", ""]))
def test_whoever_tells_of_a_deletion_is_never_suggested_to_be_harmless(
    name: str, told: str, claims: str
) -> None:
    facts = {"description": f"{told} delete ", "effect": claims}
    assert tool_suggestions.suggested("desk", name, facts).effect is Effect.IRREVERSIBLE
