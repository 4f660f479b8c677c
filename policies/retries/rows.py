"""Retry policies read from their table, and the one that decides on a tool."""

from policies import current
from policies.from_row import from_row
from policies.patterns import first, ordered
from policies.retries.models import RetryPolicy
from policies.retries.rules import RetryRule


def load() -> tuple[RetryRule, ...]:
    """Every enabled retry policy, in order. Queries."""
    return ordered(policy_of(row) for row in RetryPolicy.objects.filter(enabled=True))


def policy_of(row: RetryPolicy) -> RetryRule:
    return from_row(
        RetryRule,
        row,
        base=row.base_seconds,
        cap=row.cap_seconds,
        patience=row.patience_seconds,
        share=row.share_percent / 100,
    )


POLICIES = current.offer("retries", load)


def policy(tool: str) -> RetryRule | None:
    """The policy for this tool, None when nothing is tried again. Costs no query."""
    policies = current.bundle().get(POLICIES)
    return first(tool, policies)
