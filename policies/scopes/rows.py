"""Scope grants read from their table, and whether somebody holds a scope. `policies.scopes.rules`
says what a grant means.
"""

from collections.abc import Iterator

from policies import current
from policies.from_row import from_row
from policies.scopes import rules
from policies.scopes.models import ScopeGrant
from policies.scopes.rules import ScopeRule


def load() -> tuple[ScopeRule, ...]:
    """Every enabled grant. Queries."""
    return tuple(from_row(ScopeRule, row) for row in ScopeGrant.objects.filter(enabled=True))


def naming(group: str) -> Iterator[str]:
    """The grants that this group holds. Queries."""
    for grant in ScopeGrant.objects.filter(group=group).order_by("name"):
        yield f"the scope grant {grant.name}"


GRANTS = current.offer("scopes", load)


def held(scope: str, groups: frozenset[str]) -> bool:
    """Whether a member of these groups holds the scope. Costs no query."""
    if not scope:
        return True
    grants: tuple[ScopeRule, ...] = current.bundle().get(GRANTS)
    return rules.holds(scope, groups, grants)
