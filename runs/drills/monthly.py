"""Fire drills that come again each month, by the clock."""

import calendar
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction

from console.journal import acting, append
from console.live import apart
from console.refused import Refused
from runs.drills import drill_casting, drilling
from runs.drills.drill_scenarios import SCENARIOS, Scenario
from runs.models import Agent, Drill, MonthlyDrill

MOST: Final = 50


def after(at: datetime) -> datetime:
    """A month later: on that day of the next month, or on its last where it has no such day."""
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))


def add(*, scenario: str, agent: Agent, actor: User, at: datetime) -> MonthlyDrill:
    """Have the drill played each month, a month from now for the first time. Raises Refused when it
    does not fit the agent or comes already.
    """
    if scenario not in {each.value for each in Scenario}:
        raise Refused("There is no such drill.")
    drill_casting.cast(Scenario(scenario), agent.title, drilling.tools_of(agent))
    with transaction.atomic():
        Agent.objects.select_for_update().get(pk=agent.pk)
        if MonthlyDrill.objects.filter(scenario=scenario, agent=agent).exists():
            raise Refused("That drill comes each month already.")
        if MonthlyDrill.objects.count() >= MOST:
            raise Refused(f"There are {MOST} monthly drills: stop one first.")
        row = MonthlyDrill.objects.create(
            scenario=scenario, agent=agent, by=actor, next_at=after(at)
        )
        told = {"scenario": scenario, "agent": agent.name}
        append.note(kind="drill.scheduled", actor=acting.of(actor), at=at, data=told)
    return row


def stop(*, row: MonthlyDrill, actor: User, at: datetime) -> None:
    """Have it played no more."""
    told = {"scenario": row.scenario, "agent": row.agent.name}
    with transaction.atomic():
        row.delete()
        append.note(kind="drill.unscheduled", actor=acting.of(actor), at=at, data=told)


def due(*, at: datetime) -> int:
    """Start the monthly drill that is due, if no drill is under way; gives how many were started.
    One that cannot be started says why on its row, and comes again a month later.
    """
    if Drill.objects.filter(ended_at=None).exists():
        return 0
    first = list(MonthlyDrill.objects.filter(next_at__lte=at).values_list("pk", flat=True)[:1])
    return apart.each(first, lambda row: begin(row, at), "a monthly drill").done


def begin(row_id: int, at: datetime) -> bool:
    with transaction.atomic():
        found = MonthlyDrill.objects.select_for_update(of=("self",), skip_locked=True)
        row = found.select_related("agent").filter(pk=row_id, next_at__lte=at).first()
        if row is None:
            return False
        row.next_at, row.trouble = after(at), ""
        try:
            with transaction.atomic():
                drilling.start(scenario=row.scenario, agent=row.agent, actor=None, at=at)
        except Refused as why:
            row.trouble = str(why)
        row.save()
        return not row.trouble


def title(scenario: str) -> str:
    """A scenario as people call it."""
    return SCENARIOS[Scenario(scenario)].title
