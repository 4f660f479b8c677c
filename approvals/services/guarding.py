"""The flood guard: an agent with too many open requests has its newest runs paused; when there is
room again, the oldest go on.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from approvals import request_row
from approvals.models import Guard, Request
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.selectors.crowding import RULE, crowds, held, limit
from console.journal.records import Actor
from console.live import apart
from runs import run_rows, services
from runs.engine.events import RunPaused
from runs.engine.vocabulary import SUPERVISOR, RunStatus, StopReason


def guard(*, at: datetime) -> int:
    """Pause the newest runs of agents over their limit, and let runs go on where there is room;
    gives how many were paused.
    """
    limits = dict(Guard.objects.filter(enabled=True).values_list("agent", "most"))
    asking = crowds()
    crowded = [
        (agent, most)
        for agent, number in asking.items()
        if (most := limit(limits, agent)) is not None and number > most
    ]
    paused = apart.each(crowded, lambda crowd: thin(*crowd, at), "a crowded agent").done
    waiting = held()
    for agent in {agent for agent, _ in waiting}:
        most, mine = limit(limits, agent), [run for name, run in waiting if name == agent]
        apart.each(
            mine if most is None else mine[: max(most - asking[agent], 0)],
            lambda run: let_go(run, at),
            "a held run",
        )
    return paused


def thin(agent: str, most: int, at: datetime) -> int:
    """Pause the runs that asked when there were `most` open requests already; gives how many."""
    found = Request.objects.filter(
        status=RequestStatus.OPEN, kind=RequestKind.CALL, agent=agent
    ).order_by("id")
    late = dict.fromkeys(found.values_list("run_id", flat=True)[most:])
    return apart.each(late, lambda run: hold(run, agent, most, at), "a run that asks too much").done


def hold(run_id: UUID, agent: str, most: int, at: datetime) -> bool:
    """Pause one run. Its open questions are closed; the gate opens them again when it goes on."""
    sentence = (
        f"{agent} has {most} requests open, as many as it may: the run pauses rather than adding to"
        " them."
    )
    with transaction.atomic():
        run = run_rows.locked(run_id)
        if run.status != RunStatus.WAITING or run.control:
            return False
        paused = RunPaused(
            at=at,
            reason=StopReason.USER_PAUSED,
            rule=RULE,
            detail=sentence,
            facts={"agent": agent, "most": most},
        )
        run_rows.appended(run, run_rows.state_of(run), [paused])
        request_row.closed(run.pk, by=SUPERVISOR, at=at, note=sentence)
    return True


def let_go(run_id: UUID, at: datetime) -> None:
    """Let a run ask again, with its whole time, unless it is paused for another reason by now."""
    services.go_on_if_held_by(
        run_id=run_id,
        rule=RULE,
        actor=Actor(SUPERVISOR),
        at=at,
        note="There is room in the queue again.",
    )
