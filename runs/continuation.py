"""A run that had ended goes on from its last step once the cause of its end is dealt with: with its
own planner or another one, for a reason, and without anything of what it did being done again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from console.journal import acting
from console.refused import Refused
from policies.authority import Verb
from policies.budgets import budget_obstacles
from policies.routing.rules import PLAN
from runs import run_rows, services
from runs.engine import continuing
from runs.engine.events import RunContinued
from runs.engine.fold import fold
from runs.engine.moves import CONTINUABLE
from runs.engine.state import RunState
from runs.engine.vocabulary import RunStatus
from runs.models import Agent, Run
from runs.planners import problem
from runs.planners.another import with_planner
from runs.planners.selection import SCRIPTED
from runs.supervision import resume_obstacles

UNEXPLAINED = "Say how its cause was dealt with: the reason is kept with your name."
NOT_HERE = "No agent in use plans with {planner}, or it cannot be reached from here."
UNDONE = "What it did was undone, so it cannot go on; start one like it instead."
ENDED_FOR_GOOD = "What ended it cannot be dealt with; start one like it instead."


@dataclass(frozen=True, slots=True)
class Way:
    """How a run would go on: what it does first, what stands in its way (empty when nothing is
    known to), and the planners that it may go on with besides its own.
    """

    first: str
    obstacle: str
    planner: str
    others: Sequence[str]


def way(run: Run, at: datetime, *, sees_tools: bool) -> Way:
    state = run_rows.state_of(run)
    said = refusal(run, state, RunContinued(at=at), at)
    first = continuing.first_move(state, sees_tools=sees_tools)
    return Way(first, said, state.planner, others(run, state.planner))


def others(run: Run, own: str) -> Sequence[str]:
    """The better model of the run's agent, and planners of the agents in use, that this run could
    be planned by too: an admin has chosen each of them.
    """
    if own == SCRIPTED or "recording" in run.snapshot:
        return ()
    known = Agent.objects.filter(enabled=True).exclude(planner__in=("", SCRIPTED, own))
    better = (run.snapshot.get("tiers") or {}).get(PLAN) or own
    names = {*known.values_list("planner", flat=True), better} - {own}
    return [name for name in sorted(names) if problem(with_planner(run.snapshot, name)) is None]


def go_on(
    *, run_id: UUID, actor: AbstractBaseUser, at: datetime, planner: str = "", note: str = ""
) -> Run:
    """Queue an ended run again where it stopped, with `planner` from now on unless that is empty.

    Refused when it would end again before its next step.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        services.allowed(Verb.CONTINUE, actor, run)
        if not note.strip():
            raise Refused(UNEXPLAINED)
        state, who = run_rows.state_of(run), acting.of(actor)
        if planner == state.planner:
            planner = ""
        if planner and planner not in others(run, state.planner):
            raise Refused(NOT_HERE.format(planner=planner))
        word = RunContinued(at=at, actor=who.name, person=who.person, planner=planner, note=note)
        if said := refusal(run, state, word, at):
            raise Refused(said)
        run_rows.appended(run, state, [word])
        transaction.on_commit(partial(run_rows.wake, run.id))
    return run


def refusal(run: Run, state: RunState, word: RunContinued, at: datetime) -> str:
    """Why it cannot go on, or would end again at once, as a sentence; empty when it can."""
    if run.status != RunStatus.STOPPED:
        return f"A run that is {run.status} cannot be continued."
    if state.undone:
        return UNDONE
    if state.stop_reason not in CONTINUABLE:
        return ENDED_FOR_GOOD
    rule, facts = resume_obstacles.pause_of(run.pk, "run.stopped")
    if rule.startswith("budget:") and (full := budget_obstacles.obstacle(facts, at)):
        return full
    said = continuing.obstacle(fold(state, word), at)
    return f"That would end it again before its next step. {said}" if said else ""
