"""Judge policies read from their table, and the one that decides on an agent's runs."""

from policies import current
from policies.judge.models import JudgePolicy as Row
from policies.judge.rules import Ending, JudgePolicy
from policies.patterns import fits


def load() -> tuple[JudgePolicy, ...]:
    """Every enabled judge policy, in order. Queries."""
    return tuple(
        policy_of(row) for row in Row.objects.filter(enabled=True).order_by("priority", "name")
    )


def policy_of(row: Row) -> JudgePolicy:
    return JudgePolicy(
        name=row.name,
        version=row.version,
        agents=row.agents,
        priority=row.priority,
        every=row.every,
        hints=row.hints,
        ending=Ending(row.ending),
        planner=row.planner,
        base_url=row.base_url,
        key_variable=row.key_variable,
        price_in=row.price_in,
        price_out=row.price_out,
        max_tokens_out=row.max_tokens_out,
        timeout=row.timeout_seconds,
    )


POLICIES = current.offer("judges", load)


def policy(agent: str) -> JudgePolicy | None:
    """The policy that decides on this agent's runs; None: they are not judged. Costs nothing."""
    policies = current.bundle().get(POLICIES)
    return next((each for each in policies if fits(agent, each.agents)), None) if policies else None
