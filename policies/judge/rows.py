"""Judge policies read from their table, and the one that decides on an agent's runs."""

from policies import current
from policies.from_row import from_row
from policies.judge.models import JudgePolicy
from policies.judge.rules import JudgeRule
from policies.patterns import fits


def load() -> tuple[JudgeRule, ...]:
    """Every enabled judge policy, in order. Queries."""
    return tuple(
        policy_of(row)
        for row in JudgePolicy.objects.filter(enabled=True).order_by("priority", "name")
    )


def policy_of(row: JudgePolicy) -> JudgeRule:
    return from_row(JudgeRule, row, timeout=row.timeout_seconds)


POLICIES = current.offer("judges", load)


def policy(agent: str) -> JudgeRule | None:
    """The policy for this agent's runs, None when they are not judged. Costs no query."""
    policies = current.bundle().get(POLICIES)
    return next((each for each in policies if fits(agent, each.agents)), None) if policies else None
