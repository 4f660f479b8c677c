"""The head of a run's page: its status, what it is doing this second, its meters, why it stopped.
Text only.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from console import figures
from policies.authority import Person, Question
from runs.engine.limits import OWN
from runs.engine.stop_reasons import EXPLANATIONS, FOUND_BY_RULES, Explanation
from runs.engine.vocabulary import FINAL, Control, RunPhase, RunStatus, StopReason, Waiting
from runs.models import Run
from runs.reading import doubt, fleet_rows, lost_workers, meters, pills, redaction, verbs
from runs.reading.control_requests import ControlRequest
from runs.reading.meters import Meter
from runs.reading.pills import Pill
from runs.reading.queue_places import QueuePlace
from runs.reading.stop_context import StopContext
from runs.reading.story import Flying
from runs.reading.verbs import VerbButton

MOVING = StopContext()
FRONT = QueuePlace(0)


@dataclass(frozen=True, slots=True)
class NowPart:
    """A piece of the now line: words, perhaps code, perhaps a time that ticks."""

    words: str = ""
    code: bool = False
    tick: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the run stands still: title, the rule's sentence, the facts, which rule it was, and what
    can be done. `more`: the heading of the documentation that says more, empty where none does.
    """

    title: str
    sentence: str
    detail: str
    tone: str
    advice: str = ""
    rule: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who reads the page, what the run asks people, and what else would keep it from
    going on.
    """

    who: Person
    asked: Question | None = None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    id: str
    short: str
    correlation: str
    goal: str
    agent: str
    mark: str
    who: str
    age: str
    age_since: str
    created: str
    seq: int
    live: bool
    queued: bool
    pill: Pill
    now: tuple[NowPart, ...]
    stop: Stop | None
    meters: list[Meter]
    verbs: list[VerbButton]
    in_doubt: bool
    undo_in_doubt: bool
    late: int
    leftover: bool
    findings: int
    undoing: bool
    asks_to_undo: bool


def header(
    run: Run,
    now: datetime,
    *,
    sees_tools: bool,
    may: Authority,
    flying: Flying | None = None,
    still: StopContext = MOVING,
    room: str = "",
    place: QueuePlace | None = None,
) -> Header:
    """The top of a run's page. `still`: why the run is not at work; `room`: what would let it go on
    when a budget paused it; `place`: where it stands in the queue.
    """
    doable = verbs.verbs(run, may.who, may.asked, may.obstacle)
    own_obstacle = run.status == RunStatus.PAUSED and doable[0].why_not != may.obstacle
    key, live = str(run.id), run.status not in FINAL
    barred = doable[0].why_not if own_obstacle else "" if live else may.obstacle
    going = (
        *(
            now_line(run, now, sees_tools=sees_tools, flying=flying, again=still.again)
            if place is None
            else queued(run, now, place)
        ),
        *in_other_hands(run),
        *requested(run, now, still.asked),
    )
    return Header(
        id=key,
        short=key[:8],
        correlation=run.correlation_id.hex,
        goal=run.goal,
        agent=str(run.snapshot.get("title") or run.agent.title),
        mark=pills.mark(run),
        who=run.principal.get_username(),
        age=figures.span(figures.since(run.created_at, now)),
        age_since=figures.iso(run.created_at),
        created=figures.moment(run.created_at),
        seq=run.seq,
        live=live,
        queued=place is not None,
        pill=pills.pill(run),
        now=going if live else (),
        stop=stop(
            run, now, still, room, sees_tools=sees_tools, barred=barred, asked=bool(may.asked)
        ),
        meters=meters.all_of(run, now),
        verbs=doable,
        in_doubt=doubt.stands(run),
        undo_in_doubt=doubt.of_undo(run),
        late=run.late,
        leftover=run.leftover,
        findings=run.findings,
        undoing=run.status == RunStatus.COMPENSATING,
        asks_to_undo=run.waiting_for == Waiting.UNDO,
    )


def ticking(run: Run, now: datetime, word: str = "for") -> tuple[NowPart, ...]:
    if run.phase_at is None:
        return ()
    return (
        NowPart(word),
        NowPart(
            figures.span(figures.since(run.phase_at, now)),
            tick="span",
            at=figures.iso(run.phase_at),
        ),
    )


def now_line(
    run: Run,
    now: datetime,
    *,
    sees_tools: bool,
    flying: Flying | None = None,
    again: datetime | None = None,
) -> tuple[NowPart, ...]:
    """What the run does this second, as in `Step 10 · calling search_kb for 1.4 s`.

    `again`: when a planner that failed is asked again.
    """
    if lost_workers.awaits_another(run):
        return (NowPart("Its worker was lost · waiting for another one to go on with it"),)
    if run.status == RunStatus.COMPENSATING:
        return undoing(run, now, sees_tools=sees_tools)
    if run.status != RunStatus.RUNNING:
        return standing(run, now, sees_tools=sees_tools)
    match run.phase:
        case RunPhase.PLANNING:
            return planning(run, now)
        case RunPhase.CALLING if run.tool:
            return calling(run, now, flying, sees_tools=sees_tools)
        case RunPhase.RESOLVING:
            return (
                NowPart(
                    f"Step {run.step} · its worker was lost in a call; finding out whether the call"
                    " happened"
                ),
                *ticking(run, now),
            )
    if again:
        left = figures.clock(figures.since(now, again))
        return (
            NowPart(f"Step {run.step + 1} · the model failed; asked again in"),
            NowPart(left, tick="left", at=figures.iso(again)),
        )
    return (
        NowPart(f"Step {run.step} · between two moves" if run.step else "Before its first step"),
    )


def planning(run: Run, now: datetime) -> tuple[NowPart, ...]:
    reserved = NowPart(f"· {figures.money(run.reserved_usd)} held for it")
    return (
        NowPart(f"Step {run.step + 1} · model turn"),
        *ticking(run, now),
        *((reserved,) if run.reserved_usd else ()),
    )


def calling(
    run: Run, now: datetime, flying: Flying | None, *, sees_tools: bool
) -> tuple[NowPart, ...]:
    called = NowPart(run.tool, code=True) if sees_tools else NowPart(fleet_rows.HIDDEN_TOOL)
    many = flying is not None and flying.calls > 1
    return (
        NowPart(f"Step {run.step} · calling"),
        called,
        *((NowPart(f"· {flying.calls} side by side"),) if flying and many else ()),
        *ticking(run, now),
        *expiry(now, flying),
    )


def in_other_hands(run: Run) -> tuple[NowPart, ...]:
    """Whose hands the run is in since its worker was lost, until it has come a step further."""
    owner = lost_workers.taken_over(run)
    return (NowPart(f"· worker lost, taken over by {owner}"),) if owner else ()


def undoing(run: Run, now: datetime, *, sees_tools: bool) -> tuple[NowPart, ...]:
    if run.waiting_for == Waiting.IN_DOUBT:
        return standing(run, now, sees_tools=sees_tools)
    if not run.to_undo:
        return (NowPart("Stopped. Nothing has to be undone"),)
    tool = (
        (NowPart("· calling the undo of"), NowPart(run.tool, code=True))
        if run.tool and sees_tools
        else ()
    )
    return (
        NowPart(f"Stopped. Undoing what it did: {run.undone} of {run.to_undo} undone"),
        *tool,
        *ticking(run, now),
    )


def expiry(now: datetime, flying: Flying | None) -> tuple[NowPart, ...]:
    at = flying.until if flying else None
    if at is None:
        return ()
    return (
        NowPart("· times out in"),
        NowPart(figures.clock(figures.since(now, at)), tick="left", at=figures.iso(at)),
    )


def requested(run: Run, now: datetime, asked: ControlRequest | None) -> tuple[NowPart, ...]:
    """A pause or kill that was asked for and that no worker has confirmed yet."""
    if run.control == Control.NONE or run.status == RunStatus.COMPENSATING:
        return ()
    if asked is None:
        return (NowPart(f"· {run.control} requested, not confirmed yet"),)
    return (
        NowPart(f"· {run.control} requested by {asked.who}"),
        NowPart(figures.span(figures.since(asked.at, now)), tick="span", at=figures.iso(asked.at)),
        NowPart(f"ago{f' ({asked.why})' if asked.why else ''}, not confirmed yet"),
    )


def queued(run: Run, now: datetime, place: QueuePlace) -> tuple[NowPart, ...]:
    """`Queued for 42 s · 40 before it`, or that it is the next to be taken."""
    if place == FRONT:
        return (NowPart("Waiting for a free worker slot"), *ticking(run, now))
    return (NowPart("Queued"), *ticking(run, now), NowPart(f"· {place.words}"))


def standing(run: Run, now: datetime, *, sees_tools: bool) -> tuple[NowPart, ...]:
    """Why a run is not running, in words from the run itself."""
    if run.status == RunStatus.QUEUED and run.takes and run.lease_expires_at:
        left = figures.clock(figures.since(now, run.lease_expires_at))
        tried = figures.plural(run.takes, "worker")
        return (
            NowPart(f"{tried} could not take it up · tried again in"),
            NowPart(left, tick="left", at=figures.iso(run.lease_expires_at)),
        )
    if run.status == RunStatus.QUEUED:
        return queued(run, now, FRONT)
    why = (redaction.detail(run, sees_tools=sees_tools) or pills.pill(run).sentence).rstrip(".")
    if run.status == RunStatus.WAITING and run.wake_at:
        left = figures.clock(figures.since(now, run.wake_at))
        asks = run.waiting_for == Waiting.PROVIDER
        again = f"next try {figures.hour(run.wake_at)}, in" if asks else "tries again in"
        return (
            NowPart(f"{why} · {again}"),
            NowPart(left, tick="left", at=figures.iso(run.wake_at)),
        )
    return (NowPart(why), *ticking(run, now, "· for")) if run.waiting_for else ()


ADVICE = {
    "resume": "Resume it to go on where it stopped.",
    "again": "Run it again if it is still wanted.",
    "undo": "Somebody has to say whether what it did is undone.",
}
KEY_REFUSED = (
    "The provider refused the key: set the right one in the environment of the workers, under the"
    " name that the agent gives, then continue the run."
)
REFUSED_KEY = re.compile(r"\b401\b|\bdo this \(403\)")
EXTEND = "Its limit can be raised, then it goes on where it stopped; or start it again."
LOOPED = "Resuming resets the loop counter."
HALTED = (
    "While the halt is on it would pause again at the same place; turning it off can let all"
    " go on that it paused."
)


GONE = (
    "Resume it once they may run agents again, or start it anew in your own name: until then it "
    "would"
    " pause at the same place."
)


def stop(
    run: Run,
    now: datetime,
    still: StopContext,
    room: str,
    *,
    sees_tools: bool,
    barred: str = "",
    asked: bool = False,
) -> Stop | None:
    """Why the run ended or is paused; None for a run that goes on or has completed. `barred`: why
    this reader cannot resume it, which then is the advice, unless people are `asked`: the request
    says it.
    """
    why = pills.explanation(run)
    if (
        why is None
        or run.stop_reason == StopReason.COMPLETED
        or run.status not in (*FINAL, RunStatus.PAUSED, RunStatus.COMPENSATING)
    ):
        return None
    shown = pills.stopped(run) if run.status != RunStatus.PAUSED else pills.paused(run)
    title, sentence = (
        ("Halted", "It was halted; its state is saved.")
        if still.halted
        else (f"{why.title} by {still.by.who}", still.by.sentence(now))
        if still.by
        else (why.title, why.sentence)
    )
    detail = "" if still.by else redaction.detail(run, sees_tools=sees_tools)
    if detail and run.stop_reason in FOUND_BY_RULES:
        sentence, detail = detail, ""
    return Stop(
        title,
        sentence,
        detail,
        shown.tone,
        "" if barred and asked else barred or advice(run, still, room, why),
        still.named,
        "" if still.halted else why.title,
    )


def advice(run: Run, still: StopContext, room: str, why: Explanation) -> str:
    """What can be done about this cause. A run that has ended cannot be resumed, whatever its
    reason.
    """
    if run.status == RunStatus.COMPENSATING:
        return ""
    if run.waiting_for == Waiting.UNDO:
        return ADVICE["undo"]
    if run.status == RunStatus.STOPPED and run.undone:
        return ADVICE["again"]
    if run.status == RunStatus.STOPPED and still.rule.startswith(OWN):
        return EXTEND
    if run.stop_reason == StopReason.PLANNER_FAILURE and REFUSED_KEY.search(run.stop_detail):
        return KEY_REFUSED
    if run.status != RunStatus.PAUSED:
        return why.remedy.replace("Resume it", "Continue it")
    if run.stop_reason == StopReason.PRINCIPAL_GONE:
        return GONE
    return HALTED if still.halted else LOOPED if still.looped else room or paused_advice(why)


def paused_advice(why: Explanation) -> str:
    return ADVICE["resume"] if why is EXPLANATIONS[StopReason.USER_PAUSED] else why.remedy
