"""Starting demo runs: gently, boundedly, and never with a planner that costs money.

Dice and time are arguments.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.db import transaction

from console.journal import acting
from console.live import apart
from runs import run_rows, services, snapshots
from runs.demo import cast, company
from runs.demo.cast import CastPart, Episode
from runs.demo.models import Ticket
from runs.engine.vocabulary import FINAL, Control, RunStatus, StopReason, Waiting
from runs.models import Agent, Run

PRINCIPAL = "demo"
STAGED = "staged"
SCRIPTED = "scripted"
FOR_A_PERSON = (Waiting.APPROVAL, Waiting.IN_DOUBT)
LEFT = "Nobody took it up again; the stage is cleared."


@dataclass(frozen=True, slots=True)
class StageBounds:
    """Most runs alive at once, of one agent, standing still of one agent (for a person's word, or
    paused), unfinished, started an hour.

    `pause` is between two starts while the stage fills, up to `brisk` runs; later ones are spread
    so that the hour's runs last the hour. What supervision has paused is ended after `patience`: it
    would wait for a person for ever.
    """

    lively: int = 5
    of_one_agent: int = 2
    standing_of_one_agent: int = 4
    unfinished: int = 25
    hourly: int = 80
    brisk: int = 12
    pause: timedelta = timedelta(seconds=8)
    patience: timedelta = timedelta(minutes=20)

    def rest(self, started: int) -> timedelta:
        """How long to wait between two starts, after so many within the last hour."""
        return (
            self.pause
            if started < self.brisk
            else timedelta(hours=1) / max(self.hourly - self.brisk, 1)
        )


BOUNDS = StageBounds()
OPENING = (
    ("refund-desk", "refund"),
    ("research-synthesis", "synthesis"),
    ("bug-triage", "overnight"),
    ("order-fulfilment", "moved"),
)
ALREADY_OVER = (
    ("refund-desk", "small_refund"),
    ("order-fulfilment", "too_soon"),
    ("refund-desk", "outage"),
    ("order-fulfilment", "ship"),
)


def tend(*, at: datetime, dice: random.Random, bounds: StageBounds = BOUNDS) -> Run | None:
    """Start one run if the stage has room for it."""
    with transaction.atomic():
        agents = list(
            Agent.objects.select_for_update()
            .filter(demo=True, enabled=True, planner=SCRIPTED)
            .order_by("pk")
        )
        free = room(agents, at, bounds)
        if not free:
            return None
        agent, episodes = dice.choice(free)
        return begin(agent, chosen(episodes, dice), at, dice)


def room(
    agents: Sequence[Agent], at: datetime, bounds: StageBounds
) -> list[tuple[Agent, Sequence[Episode]]]:
    """The agents that may start one more run now, with what they may play; while some do nothing,
    one of those.
    """
    unfinished = list(
        Run.objects.filter(agent__demo=True)
        .exclude(status__in=FINAL)
        .values_list("agent_id", "status", "waiting_for")
    )
    recent = Run.objects.filter(agent__demo=True, created_at__gt=at - timedelta(hours=1))
    standing = Counter(
        agent for agent, status, waiting_for in unfinished if stands(status, waiting_for)
    )
    lively = Counter(agent for agent, *_ in unfinished) - standing
    started = recent.count()
    if (
        lively.total() >= bounds.lively
        or len(unfinished) >= bounds.unfinished
        or started >= bounds.hourly
    ):
        return []
    if recent.filter(created_at__gt=at - bounds.rest(started)).exists():
        return []
    able = [
        (agent, playable(agent, standing[agent.pk], bounds))
        for agent in agents
        if lively[agent.pk] < bounds.of_one_agent
    ]
    free = [(agent, episodes) for agent, episodes in able if episodes]
    return [(agent, episodes) for agent, episodes in free if not lively[agent.pk]] or free


def playable(agent: Agent, standing: int, bounds: StageBounds) -> Sequence[Episode]:
    """The episodes that an agent may play now. When as many of its runs stand still as may, only
    those that end by themselves.
    """
    episodes = part_of(agent).episodes
    return (
        episodes
        if standing < bounds.standing_of_one_agent
        else [episode for episode in episodes if not episode.stands]
    )


def stands(status: str, waiting_for: str) -> bool:
    """Whether an episode goes on only when a person does something."""
    return status == RunStatus.PAUSED or waiting_for in FOR_A_PERSON


def clear(*, at: datetime, bounds: StageBounds = BOUNDS) -> list[Run]:
    """End what the demo started itself and supervision paused long ago, in the demo's own name.

    Runs that a person started are theirs. What a visitor paused, or what waits for an approval, is
    left alone: the latter expires.
    """
    own = Run.objects.filter(
        agent__demo=True, principal__username=PRINCIPAL, **{f"snapshot__{STAGED}": True}
    )
    paused = own.filter(status=RunStatus.PAUSED, phase_at__lt=at - bounds.patience)
    left = (
        paused.filter(control=Control.NONE)
        .exclude(stop_reason=StopReason.USER_PAUSED)
        .select_related("principal")
    )
    ended: list[Run] = []
    apart.each(left, lambda run: ended.extend(leave(run, at)), "a run of the demo")
    return ended


def leave(run: Run, at: datetime) -> list[Run]:
    """End a run that nobody has taken up, unless somebody has done so at this very moment."""
    with transaction.atomic():
        now = run_rows.locked(run.pk)
        if (
            now.status != RunStatus.PAUSED
            or now.control
            or now.stop_reason == StopReason.USER_PAUSED
        ):
            return []
        return [services.kill(run_id=run.pk, actor=acting.robot(run.principal), at=at, note=LEFT)]


def part_of(agent: Agent) -> CastPart:
    """What the agent can play; None for an agent that is not the demo's."""
    return next(
        (part for part in cast.parts() if part.name == agent.name), CastPart(agent.name, {}, ())
    )


def chosen(episodes: Sequence[Episode], dice: random.Random) -> Episode:
    return dice.choices(episodes, weights=[episode.weight for episode in episodes])[0]


def begin(agent: Agent, episode: Episode, at: datetime, dice: random.Random) -> Run:
    """Start the episode in the demo's own name, on a new order where it is about one."""
    goal = dice.choice(episode.goals)
    if episode.order:
        goal = goal.format(order=company.order_now(dice, at, episode.order).number)
    if episode.script == "overnight":
        reports_come_in()
    principal = acting.robot(get_user_model().objects.get(username=PRINCIPAL))
    snapshot = snapshots.of(agent) | {
        "script": cast.script(agent.name, episode.script),
        STAGED: True,
    }
    return services.start(
        agent=agent,
        goal=goal,
        principal=principal,
        at=at,
        limits=limits(agent, episode),
        snapshot=snapshot,
    )


def limits(agent: Agent, episode: Episode) -> services.ChosenLimits:
    own = episode.limits
    return services.ChosenLimits(
        steps=own.get("steps", agent.max_steps),
        tokens=own.get("tokens", agent.max_tokens),
        usd=Decimal(own.get("usd", agent.max_usd)),
        seconds=own.get("seconds", agent.max_seconds),
    )


def reports_come_in() -> None:
    """Mark the night's reports as unread again."""
    newest = Ticket.objects.order_by("-number").values_list("pk", flat=True)[: company.NEW_TICKETS]
    fresh = {"status": Ticket.Status.NEW, "severity": "", "component": "", "duplicate_of": None}
    Ticket.objects.filter(pk__in=list(newest)).update(**fresh)


def open_the_stage(*, at: datetime, dice: random.Random) -> list[Run]:
    """Start the first runs: some take a while, and some are soon over in different ways."""
    if Run.objects.exists():
        return []
    return [by_name(agent, script, at, dice) for agent, script in (*OPENING, *ALREADY_OVER)]


def by_name(agent: str, script: str, at: datetime, dice: random.Random) -> Run:
    """Start one named episode; raises LookupError for one there is not."""
    row = Agent.objects.get(name=agent)
    episode = next((each for each in part_of(row).episodes if each.script == script), None)
    if episode is None:
        raise LookupError(f"{agent} has no episode {script}")
    return begin(row, episode, at, dice)
