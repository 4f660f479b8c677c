"""Who holds a scope: by group, by pattern, and nobody by default."""

import pytest

from policies.scopes import rules as scopes
from policies.scopes.rules import ScopeRule

GRANTS = (
    ScopeRule("desk", "desk", "refunds:issue tickets:*"),
    ScopeRule("all", "", "calendar:read"),
)


@pytest.mark.parametrize(
    ("scope", "groups", "held"),
    [
        ("", set(), True),
        ("refunds:issue", {"desk"}, True),
        ("refunds:issue", {"viewer"}, False),
        ("refunds:issue", set(), False),
        ("refunds:issue_all", {"desk"}, False),
        ("tickets:write", {"desk", "viewer"}, True),
        ("calendar:read", set(), True),
        ("calendar:write", {"desk"}, False),
    ],
)
def test_a_scope_is_held_by_the_groups_it_is_granted_to(
    scope: str, groups: set[str], held: bool
) -> None:
    assert scopes.holds(scope, frozenset(groups), GRANTS) is held


def test_without_any_grant_nobody_holds_anything() -> None:
    assert not scopes.holds("refunds:issue", frozenset({"admin"}), ())
