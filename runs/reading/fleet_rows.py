"""A run as one line of the fleet, with every cell as text already, since formatting in the template
costs ten times as much.
"""

import functools
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from console import figures
from runs.engine.stop_reasons import ASKS_PEOPLE
from runs.engine.vocabulary import FINAL, RunPhase, RunStatus, Waiting
from runs.models import Run
from runs.reading import lost_workers, meters, pills, redaction
from runs.reading.meters import Meter
from runs.reading.pills import Pill
from runs.reading.queue_places import QueuePlace

HIDDEN_TOOL = "a tool"
NOBODY = str(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Now:
    """What a run is doing this second, or why it does nothing. `tick` names how the time since
    `since` is shown; `ago`: it is over since then. `url`: where a person answers what it waits for.
    """

    words: str
    tick: str = ""
    since: str = ""
    text: str = ""
    tool: bool = False
    ago: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class AskedCall:
    """What a person is asked about, as in `Refund $12.50 for order 1143`, and its card."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class FleetRow:
    """Strings for one row; `place` is the cursor of the page that ends here."""

    id: str
    url: str
    seq: int
    pill: Pill
    goal: str
    agent: str
    short: str
    who: str
    step: str
    steps_left: str
    now: Now
    cost: Meter
    tokens: str
    tokens_limit: str
    age: str
    age_since: str
    started: str
    began: str
    peek: str
    ended: str = ""
    mark: str = ""
    kill: str = ""
    pause: str = ""
    resume: str = ""
    queued: bool = False


def row(
    run: Run,
    now: datetime,
    *,
    sees_tools: bool,
    operates: bool,
    place: QueuePlace | None = None,
    asks: AskedCall | None = None,
) -> FleetRow:
    """The row of a run; `place`: where it stands in the queue; `asks`: the call that it waits with
    for a person, for readers who may see it.
    """
    key, live = str(run.id), run.status not in FINAL
    now_said = Now(place.words) if place else doing(run, now, sees_tools=sees_tools)
    if asks and run.waiting_for == Waiting.APPROVAL:
        now_said = replace(now_said, words=asks.words, url=asks.url)
    return FleetRow(
        id=key,
        url=address("run", key),
        seq=run.seq,
        pill=pills.pill(run),
        goal=figures.cut(run.goal, 160),
        agent=run.agent.title,
        short=key[:8],
        who=run.principal.get_username(),
        step=figures.count(run.step),
        steps_left=f"{max(run.max_steps - run.step, 0):,} left"
        if live
        else f"of {run.max_steps:,}",
        now=now_said,
        cost=meters.cost(run),
        tokens=figures.short_count(run.tokens_in + run.tokens_out),
        tokens_limit=meters.NO_LIMIT
        if run.max_tokens >= meters.MOST_TOKENS
        else f"of {figures.short_count(run.max_tokens)}",
        age=figures.clock(figures.since(run.started_at or run.created_at, run.ended_at or now)),
        age_since=figures.iso(run.started_at or run.created_at) if live else "",
        started=figures.moment(run.started_at or run.created_at),
        began=hour(run.started_at or run.created_at, now),
        peek=address("peek", key),
        ended=hour(run.ended_at, now) if run.ended_at else "",
        mark=pills.mark(run),
        kill=address("kill", key) if operates and live else "",
        pause=address("pause", key)
        if operates and run.status in (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.QUEUED)
        else "",
        resume=address("resume", key)
        if operates and run.status == RunStatus.PAUSED and run.stop_reason not in ASKS_PEOPLE
        else "",
        queued=place is not None,
    )


def hour(at: datetime, now: datetime) -> str:
    return f"{figures.hour(at)}{figures.day(at, now)}"


@functools.cache
def pattern(name: str) -> str:
    """The address of the run whose id is all zeros: looking one up for each of fifty rows takes
    longer than to write them.
    """
    return reverse(f"runs:{name}", args=[NOBODY])


def address(name: str, key: str) -> str:
    return pattern(name).replace(NOBODY, key)


@functools.cache
def place_ends() -> tuple[str, str]:
    """What stands around the number in the address of an event."""
    before, _, behind = reverse("runs:place", args=[NOBODY, 0]).rpartition("/0/")
    return before, behind


def place_address(key: str, seq: int) -> str:
    """The address of an event in a run."""
    before, behind = place_ends()
    return f"{before.replace(NOBODY, key)}/{seq}/{behind}"


def resumable(run: Run) -> bool:
    """Whether a key in the list resumes it. A pause that asks people is answered on its
    own page.
    """
    return run.status == RunStatus.PAUSED and run.stop_reason not in ASKS_PEOPLE


def doing(run: Run, now: datetime, *, sees_tools: bool) -> Now:
    if run.status == RunStatus.WAITING and run.wake_at:
        away = run.stop_detail if run.waiting_for == Waiting.PROVIDER else ""
        again = f"{away}, next try {figures.hour(run.wake_at)}, in" if away else "tries again in"
        return Now(
            again,
            "left",
            figures.iso(run.wake_at),
            figures.clock(figures.since(now, run.wake_at)),
        )
    if run.status in FINAL:
        why = redaction.detail(run, sees_tools=sees_tools)
        return Now(
            figures.cut(why if run.status == RunStatus.STOPPED else "", 90) or "ended",
            "span",
            figures.iso(run.ended_at),
            figures.span(figures.since(run.ended_at, now)),
            ago=True,
        )
    if run.status == RunStatus.QUEUED:
        return Now("")
    if lost := lost_workers.after_loss(run):
        return Now(lost)
    named = (
        bool(run.tool)
        and sees_tools
        and run.status in lost_workers.AT_WORK
        and run.phase in (RunPhase.CALLING, RunPhase.UNDOING)
    )
    text = figures.span(figures.since(run.phase_at, now)) if run.phase_at else ""
    return Now(
        run.tool if named else state_words(run, sees_tools=sees_tools),
        "span",
        figures.iso(run.phase_at),
        text,
        tool=named,
    )


def state_words(run: Run, *, sees_tools: bool) -> str:
    if run.status == RunStatus.COMPENSATING:
        return "undoing"
    if run.status != RunStatus.RUNNING:
        return figures.cut(redaction.detail(run, sees_tools=sees_tools), 90) or (
            "state saved" if run.status == RunStatus.PAUSED else "waiting"
        )
    return {
        RunPhase.CALLING: HIDDEN_TOOL,
        RunPhase.PLANNING: "model turn",
        RunPhase.RESOLVING: "taking over a call",
    }.get(RunPhase(run.phase), "between two moves")
