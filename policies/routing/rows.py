"""Routing policies read from their table, ready to be asked."""

import logging

from policies import current
from policies.cel.cel_source import BadExpression
from policies.from_row import from_row
from policies.routing.models import RoutingPolicy
from policies.routing.rules import RoutingRule, expression

log = logging.getLogger(__name__)


def load() -> tuple[RoutingRule, ...]:
    """Every enabled routing policy that can be read, in order. Queries."""
    rows = RoutingPolicy.objects.filter(enabled=True).order_by("priority", "name")
    return tuple(rule for row in rows if (rule := policy_of(row)) is not None)


def policy_of(row: RoutingPolicy) -> RoutingRule | None:
    """The rule of a row; None for one whose condition cannot be read. The form refuses such a
    condition, and nobody is routed by it.
    """
    try:
        return from_row(RoutingRule, row, compiled=expression(row.condition))
    except BadExpression:
        log.exception("the routing policy %s is left out: its condition cannot be read", row.name)
        return None


POLICIES = current.offer("routing", load)


def in_force() -> tuple[RoutingRule, ...]:
    """The routing policies that this process knows, at most a second old; asking costs nothing."""
    return current.bundle().get(POLICIES)
