"""Why the run asks, and how it came to that: the planner's words, the last calls with their
verdicts, what is spent and what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestStatus
from console import figures, plain_json
from console.journal import selectors, spill
from console.journal.records import JournalRecord, Stored
from console.journal.visibility import Clearance, clearance_of
from runs.models import Run
from runs.reading import interventions, shown_pictures, story
from runs.reading.shown_pictures import ShownPicture
from runs.reading.story import Sort, StoryTurn

LOOKED_AT = 120
SHOWN = 6
IN_A_LINE, WHOLE = 90, 4_000


@dataclass(frozen=True, slots=True)
class PastStep:
    """A call the run made: its tool, what came of it, and its answer, in a line and as much of it
    as a card can hold.
    """

    number: str
    tool: str
    result: str
    tone: str = ""
    answer: str = ""
    whole: str = ""
    pictures: Sequence[ShownPicture] = ()


@dataclass(frozen=True, slots=True)
class Background:
    thought: str
    thought_step: int
    steps: Sequence[PastStep]
    more: int
    figures: str
    goal: str
    done: str


def of(request: Request, run: Run, user: User) -> Background:
    """The background of a request, from the newest of the run's events up to the question. One
    query.
    """
    end = run.seq
    stored = selectors.events(
        run.pk, clearance=clearance_of(user), after=max(end - LOOKED_AT, 0), limit=LOOKED_AT
    )
    before = [
        event for event in stored if (event.record.step or 0) <= request.step or not request.step
    ]
    turns = story.turns(before)
    calls = [turn for turn in turns if turn.sort is Sort.CALL and turn.returned is not None]
    thought, step = words_of(before, request.step)
    return Background(
        thought=thought,
        thought_step=step,
        steps=[called(turn) for turn in calls[-SHOWN:]],
        more=max(run.calls - SHOWN, 0),
        figures=so_far(request, run),
        goal=run.goal,
        done=lasting(calls),
    )


def words_of(events: Sequence[Stored], step: int) -> tuple[str, int]:
    """The planner's words when it decided on this, and the number of the step."""
    plans = [
        event.record
        for event in events
        if event.record.kind == "step.planned" and (event.record.step or 0) <= (step or 10**9)
    ]
    if not plans:
        return "", 0
    return (
        str(plans[-1].data.get("thought") or plans[-1].data.get("final") or ""),
        plans[-1].step or 0,
    )


def called(turn: StoryTurn) -> PastStep:
    record = turn.returned
    assert record is not None
    result = record.verdict if record.outcome == "ok" else f"{record.outcome}, {record.verdict}"
    given = record.data.get("error") or record.data.get("result")
    mark = spill.marker(given)
    told = str(mark["head"]) if mark else given
    return PastStep(
        str(record.step or ""),
        turn.first.tool,
        result,
        "bad" if record.verdict == "failed" else "",
        "" if told is None else plain_json.in_line(told, IN_A_LINE),
        "" if told is None else figures.cut(plain_json.in_full(told), WHOLE),
        shown_pictures.of(turn.events),
    )


def so_far(request: Request, run: Run) -> str:
    """`8 steps, 42 left · $0.27 spent, $1.73 of $2.00 left`, and the running time that is left."""
    parts = [f"{figures.plural(run.step, 'step')}, {max(run.max_steps - run.step, 0)} left"]
    left = figures.money(max(run.max_usd - run.usd, Decimal(0)))
    parts.append(f"{figures.money(run.usd)} spent, {left} of {figures.money(run.max_usd)} left")
    if request.status == RequestStatus.OPEN and run.clock_since is None:
        left_over = figures.clock(max(run.max_seconds - run.active_seconds, 0))
        parts.append(
            f"{left_over} of {figures.clock(run.max_seconds)} running time left, which stands still"
            " meanwhile"
        )
    return " · ".join(parts)


def lasting(calls: Sequence[StoryTurn]) -> str:
    """What the run has done so far that a kill would undo, or could not undo."""
    made = [turn for turn in calls if turn.returned and turn.returned.verdict == "succeeded"]
    intents = [intent for turn in made if (intent := turn.find("call.intended")) is not None]
    undoable = [intent.tool for intent in intents if intent.data.get("undo")]
    stays = [
        intent.tool
        for intent in intents
        if intent.data.get("effect") == "irreversible" and not intent.data.get("undo")
    ]
    if not undoable and not stays:
        return "No changes made yet."
    said = (
        f"{figures.plural(len(undoable), 'reversible change')} so far: {', '.join(undoable[:4])}"
        if undoable
        else "No reversible change so far"
    )
    return (
        f"{said}; {figures.plural(len(stays), 'change')} cannot be undone: {', '.join(stays[:4])}."
        if stays
        else f"{said}."
    )


def about(record: JournalRecord, request: Request) -> bool:
    return bool(record.data.get("call") == request.call)


AFTERWARDS = ("call.decided", "call.refused", "run.stopped", "run.paused", "run.kill_acknowledged")


def after_expiry(request: Request, clearance: Clearance) -> str:
    """What became of the run after nobody had decided, by its journal, since it may have ended for
    other reasons.
    """
    stored = selectors.events(request.run_id, clearance=clearance, kinds=AFTERWARDS)
    expired = max(
        (
            each.seq
            for each in stored
            if each.record.kind == "call.decided" and about(each.record, request)
        ),
        default=0,
    )
    for record in (each.record for each in stored if each.seq > expired):
        match record.kind:
            case "call.refused" if about(record, request):
                return "it counts as denied, and the run went on"
            case "run.stopped":
                why = interventions.reason(str(record.data.get("reason", "")))
                return f"the run was stopped: {why}"
            case "run.kill_acknowledged":
                return "the run was killed before it went on"
            case "run.paused":
                return "it counts as denied, and the run was paused before it went on"
    return "it counts as denied; the run has not gone on yet"
