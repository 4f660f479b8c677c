"""Scope grants read from their table, and whether somebody holds a scope.

What a grant means, `policies.scopes.rules` says.
"""

from policies import current
from policies.from_row import from_row
from policies.scopes import rules
from policies.scopes.models import ScopeGrant
from policies.scopes.rules import ScopeRule


def load() -> tuple[ScopeRule, ...]:
    """Every enabled grant. Queries."""
    return tuple(from_row(ScopeRule, row) for row in ScopeGrant.objects.filter(enabled=True))


GRANTS = current.offer("scopes", load)


def held(scope: str, groups: frozenset[str]) -> bool:
    """Whether a member of these groups holds the scope. Costs nothing when none is needed."""
    if not scope:
        return True
    grants: tuple[ScopeRule, ...] = current.bundle().get(GRANTS)
    return rules.holds(scope, groups, grants)
