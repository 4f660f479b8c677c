"""The flood guard: an agent with too many open requests has its newest runs paused, their requests out of the queue until they go on."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from approvals.models import Guard, Request
from approvals.rules.vocabulary import Kind, Status
from runs import services
from runs.engine.events import RunPaused
from runs.engine.vocabulary import Status as RunStatus
from runs.engine.vocabulary import StopReason

RULE = "flood-guard"
EVERYBODY = "*"


def guard(*, at: datetime) -> int:
    """How many runs were paused."""
    limits = dict(Guard.objects.filter(enabled=True).values_list("agent", "most"))
    if not limits:
        return 0
    asking = Request.objects.filter(status=Status.OPEN, kind=Kind.CALL)
    crowds = asking.values_list("agent").annotate(number=Count("id")).order_by()
    return sum(thin(agent, limits.get(agent, limits.get(EVERYBODY, number)), at) for agent, number in crowds)


def thin(agent: str, most: int, at: datetime) -> int:
    """Pause the runs whose requests came when there were `most` already."""
    found = Request.objects.filter(status=Status.OPEN, kind=Kind.CALL, agent=agent).order_by("id")
    late = dict.fromkeys(found.values_list("run_id", flat=True)[most:])
    return sum(hold(run, agent, most, at) for run in late)


def hold(run_id: UUID, agent: str, most: int, at: datetime) -> bool:
    """Pause one run. Its open questions are closed; the gate opens them again when somebody lets it go on."""
    sentence = f"{agent} has {most} requests open, as many as it may: the run pauses rather than adding to them."
    with transaction.atomic():
        run = services.locked(run_id)
        if run.status != RunStatus.WAITING or run.control:
            return False
        paused = RunPaused(at=at, reason=StopReason.USER_PAUSED, rule=RULE, detail=sentence, facts={"agent": agent, "most": most})
        services.appended(run, services.state_of(run), [paused])
        open_now = Request.objects.filter(run=run, kind=Kind.CALL, status=Status.OPEN)
        open_now.update(status=Status.CLOSED, note=sentence, decided_by="supervisor", ended_at=at)
    return True
