"""Session approvals that are in force, as text: of one run, or of all runs that are not over."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, QuerySet

from approvals.models import Grant
from console import figures
from console.journal.records import label_of
from runs.engine.vocabulary import FINAL

MOST = 200
READ = (
    "name",
    "tool",
    "args",
    "free",
    "used",
    "limit",
    "given_by",
    "given_at",
    "run__goal",
    "run__agent__title",
)


@dataclass(frozen=True, slots=True)
class Yes:
    """One session approval, ready to be shown."""

    run: str
    name: str
    goal: str
    agent: str
    tool: str
    args: str
    free: str
    used: str
    by: str
    at: str


def of_run(run: UUID) -> list[Yes]:
    return [shown(grant) for grant in in_force().filter(run_id=run)]


def all_of_them() -> list[Yes]:
    return [shown(grant) for grant in in_force()[:MOST]]


def in_force() -> QuerySet[Grant]:
    """Session approvals that are neither used up nor taken back, of runs that are not over."""
    found = Grant.objects.filter(revoked_at=None, used__lt=F("limit")).exclude(
        run__status__in=list(FINAL)
    )
    return found.select_related("run__agent").only(*READ)


def shown(grant: Grant) -> Yes:
    fixed = {name: value for name, value in grant.args.items() if name not in grant.free}
    return Yes(
        run=str(grant.run_id),
        name=grant.name,
        goal=figures.cut(grant.run.goal, 80),
        agent=grant.run.agent.title,
        tool=grant.tool,
        args=figures.arguments(fixed, 160),
        free=", ".join(grant.free),
        used=f"{grant.used} of {grant.limit}",
        by=label_of(grant.given_by),
        at=figures.moment(grant.given_at),
    )
