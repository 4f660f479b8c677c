"""Fire drills as acts: one is started by a person or the clock, looked after while it is under way,
and ended with its report.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.db import connection, transaction

from console.journal import acting, append
from console.json_value import Json
from console.live import apart
from console.refused import Refused
from policies.budgets.models import Budget
from runs import services, snapshots
from runs.drills import drill_board, drill_casting, drill_copies, shadow_snapshots
from runs.drills.drill_invariants import DrillEvent, PlayedDrill
from runs.drills.drill_scenarios import SCENARIOS, Scenario, ScenarioFacts
from runs.engine.ports import ToolSpec
from runs.engine.vocabulary import FINAL, Compensation, RunStatus
from runs.models import Agent, Drill, Run
from runs.runtime import run_ledger
from runs.supervision.drilled import budget_holder
from runs.tools import registry
from runs.tools.toolbox import matches

ACCOUNT: Final = "fire-drill"
"""The account for which shadow copies work: that of an operator, which nobody signs in as."""
MOST_LOOKED_AT: Final = 100
KNOWN_EVERYWHERE: Final = timedelta(seconds=2)
"""After which every worker has heard of a drill's budget."""


def start(*, scenario: str, agent: Agent, actor: User | None, at: datetime) -> Drill:
    """Begin a drill; without an actor the clock did. Raises Refused when the scenario does not fit
    the agent, or when a drill is under way.
    """
    if scenario not in {each.value for each in Scenario}:
        raise Refused("There is no such drill.")
    chosen = Scenario(scenario)
    specs = tools_of(agent)
    cast = drill_casting.cast(chosen, agent.title, specs)
    with transaction.atomic():
        principal = account()
        Agent.objects.select_for_update().get(pk=agent.pk)  # two that press at once make one drill
        if Drill.objects.filter(ended_at=None).exists():
            raise Refused("A drill is under way: wait until it is over.")
        drill = Drill.objects.create(
            scenario=chosen.value,
            agent=agent,
            agent_title=agent.title,
            tools=list(drill_casting.names(cast)),
            by=actor,
            by_name=actor.get_username() if actor else "the clock",
            started_at=at,
        )
        snapshot = shadow_snapshots.shadow(snapshots.of(agent), chosen, cast, specs, drill.pk)
        drill.facts = {"shadows": sorted(each.name for each in specs), "snapshot": snapshot}
        if SCENARIOS[chosen].shared_usd:
            own_budget(drill)
        else:
            launch(drill, principal, at)
        drill.save()
        told = {"drill": drill.pk, "scenario": chosen.value, "agent": agent.name}
        append.note(kind="drill.started", actor=who(drill), at=at, data=told)
    return drill


def who(drill: Drill) -> Any:
    return acting.of(drill.by) if drill.by else "clock"


def account() -> User:
    """The account of shadow copies, made when it is missing."""
    user, new = acting.house_account(ACCOUNT, first_name="The fire drill")
    if new:
        user.groups.add(*Group.objects.filter(name="operator"))
    return user


def tools_of(agent: Agent) -> Sequence[ToolSpec]:
    """What the agent's own tools are called and take; the tools themselves stay where they are."""
    patterns = [str(each) for each in agent.tools or []]
    known = registry.discover()
    return [each.spec for name, each in sorted(known.items()) if matches(name, patterns)]


def own_budget(drill: Drill) -> None:
    """A budget that only this drill's runs draw on, for as long as it lasts."""
    Budget.objects.create(
        name=f"fire-drill-{drill.pk}",
        scope=Budget.Scopes.AGENT,
        who=budget_holder(drill.pk),
        window=Budget.Windows.MONTH,
        measure=Budget.Measures.USD,
        amount=SCENARIOS[Scenario(drill.scenario)].shared_usd,
        action=Budget.Actions.STOP,
        lines="",
        note="Of a fire drill under way; removed with its end.",
    )


def launch(drill: Drill, principal: User, at: datetime) -> None:
    """Queue the drill's runs."""
    agent, facts = drill.agent, facts_of(drill)
    if agent is None:
        raise Refused("The agent was removed meanwhile.")
    goal = f"Fire drill: {facts.title.lower()}"
    snapshot = drill.facts.pop("snapshot")
    drill.runs = [
        str(
            services.start(
                agent=agent,
                goal=goal,
                principal=principal,
                at=at,
                limits=shadow_snapshots.LIMITS,
                snapshot=snapshot,
            ).pk
        )
        for _ in range(facts.runs)
    ]


def board(drill: Drill) -> dict[str, Json]:
    """The board as it is now, or as it was at the end."""
    return drill.report or drill_board.board(played(drill), over=False)


def played(drill: Drill) -> PlayedDrill:
    """The drill as its runs' journal has it. Runs that were retired are missing."""
    noted: list[DrillEvent] = []
    for run in drill.runs:
        stored = append.read(connection, UUID(run))
        noted += [DrillEvent(run, row.seq, event) for row, event in run_ledger.numbered(stored)]
    scenario = Scenario(drill.scenario)
    return PlayedDrill(
        scenario,
        sorted(noted, key=lambda each: each.event.at),
        frozenset(drill.facts.get("shadows") or ()),
        drill.tools[-1] if SCENARIOS[scenario].acts else "",
        SCENARIOS[scenario].runs,
        drill.facts,
    )


def tend(*, at: datetime) -> int:
    """Look after the drills under way; gives how many that are."""
    open_now = list(Drill.objects.filter(ended_at=None).values_list("pk", flat=True))
    return apart.each(open_now, lambda drill: look_after(drill, at), "a fire drill").done


def look_after(drill_id: int, at: datetime) -> bool:
    """Start what waits, end what is over. False when somebody else does."""
    with transaction.atomic():
        found = Drill.objects.select_for_update(skip_locked=True).filter(pk=drill_id, ended_at=None)
        if (drill := found.first()) is None:
            return False
        if not drill.runs and at - drill.started_at >= KNOWN_EVERYWHERE:
            launch(drill, account(), at)
            drill.save()
            return True
        runs = list(Run.objects.filter(pk__in=drill.runs))
        late = at - drill.started_at > timedelta(seconds=facts_of(drill).seconds)
        if late or (runs and all(stands(drill, run) for run in runs)):
            end(drill, at)
            for run in runs:
                if run.status not in FINAL and not run.control:
                    kill(run, at)
    return True


def facts_of(drill: Drill) -> ScenarioFacts:
    """How the drill's scenario is told and played."""
    return SCENARIOS[Scenario(drill.scenario)]


def stands(drill: Drill, run: Run) -> bool:
    """Whether nothing more will come of the run by itself."""
    insists = drill.scenario == Scenario.INSISTS
    return run.status in FINAL or (insists and run.status == RunStatus.PAUSED)


def end(drill: Drill, at: datetime) -> None:
    """Write the report, and take away what was made for the drill."""
    if drill.scenario == Scenario.JOURNAL_TOUCHED and drill.runs:
        drill.facts |= drill_copies.touched(UUID(drill.runs[0]))
    report = drill_board.board(played(drill), over=True)
    drill.report, drill.held, drill.ended_at = report, bool(report["held"]), at
    drill.facts.pop("snapshot", None)
    drill.save()
    Budget.objects.filter(name=f"fire-drill-{drill.pk}").delete()
    told = {"drill": drill.pk, "scenario": drill.scenario, "held": drill.held}
    append.note(kind="drill.ended", actor="clock", at=at, data=told)


def kill(run: Run, at: datetime) -> None:
    """Stop a shadow run that the drill leaves behind."""
    services.kill(
        run_id=run.pk,
        actor=account(),
        at=at,
        note="The drill is over.",
        compensate=Compensation.LEAVE,
    )


def not_held() -> list[Drill]:
    """Drills in which something did not hold, and that have not held with that agent since; the
    newest first.
    """
    ended = Drill.objects.exclude(ended_at=None)[:MOST_LOOKED_AT]
    last: dict[tuple[str, str], Drill] = {}
    for each in ended:
        last.setdefault((each.scenario, each.agent_title), each)
    return [each for each in last.values() if not each.held]
