"""The board of a fire drill and its report: what must hold and whether it does, how long it took to
notice, to act and to stop, and what happened at which second. Pure; a board is JSON.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Final

from console import figures
from console.json_value import Json
from runs.drills.drill_invariants import (
    ENDS,
    DrillEvent,
    Invariant,
    InvariantState,
    PlayedDrill,
    invariants,
)
from runs.drills.drill_scenarios import Scenario
from runs.engine import events as e
from runs.engine.events import RunEvent
from runs.engine.ports import Happened
from runs.engine.vocabulary import Outcome

MOST_LINES: Final = 80
NOTICES: Final = (
    e.CallRefused,
    e.CallAsked,
    e.HintGiven,
    e.PlanFailed,
    e.CallLost,
    e.RunPaused,
    e.RunStopped,
)
ACTS: Final = (
    e.CallRefused,
    e.CallAsked,
    e.CallDecided,
    e.CallRetried,
    e.CallLookedUp,
    e.CallSettled,
    e.RunWaiting,
    e.RunPaused,
    e.RunStopped,
    e.KillRequested,
)
STARTS: Final[Mapping[Scenario, type[RunEvent]]] = {
    Scenario.POISONED: e.CallReturned,
    Scenario.TOOL_HANGS: e.CallIntended,
    Scenario.PROVIDER_DOWN: e.RunLeased,
    Scenario.INSISTS: e.StepPlanned,
    Scenario.APPROVER_ABSENT: e.StepPlanned,
    Scenario.BUDGET_RACE: e.RunLeased,
    Scenario.JOURNAL_TOUCHED: e.RunCompleted,
}
"""The event with which the trouble begins."""


def board(drill: PlayedDrill, *, over: bool) -> dict[str, Json]:
    """Rows, times and lines. `over`: nothing more will come."""
    began = beginning(drill)
    rows = [row(drill, each, over) for each in invariants(drill.scenario)]
    return {
        "rows": rows,
        "times": times(drill, began),
        "lines": lines(drill),
        "held": all(each["standing"] == InvariantState.HELD for each in rows) if over else None,
    }


def row(drill: PlayedDrill, invariant: Invariant, over: bool) -> dict[str, Json]:
    found = invariant.search(drill)
    standing = invariant.standing(found is not None, over=over)
    return {"words": invariant.words, "standing": standing.value, **(link(found) if found else {})}


def link(noted: DrillEvent) -> dict[str, Json]:
    """Where an event is found."""
    at = noted.event.at.isoformat()
    return {"run": noted.run, "seq": noted.seq, "before": noted.seq + 1, "at": at}


def beginning(drill: PlayedDrill) -> DrillEvent | None:
    """The event with which the trouble begins; of a lost worker, the intent of the payment."""
    if drill.scenario is Scenario.WORKER_KILLED:
        made = drill.of(e.CallIntended)
        return next((n for n in made if getattr(n.event, "tool", "") == drill.acting), None)
    return next(drill.of(STARTS[drill.scenario]), None)


def times(drill: PlayedDrill, began: DrillEvent | None) -> list[dict[str, Json]]:
    """The three times, in seconds from the beginning of the trouble."""
    after = [] if began is None else [n for n in drill.noted if n.event.at >= began.event.at]
    notice = next((n for n in after if n is not began and notices(n.event)), None)
    act = next(
        (n for n in after if notice and n.event.at >= notice.event.at and acts(n.event)), None
    )
    ends = drill.ended
    end = ends[-1] if len(ends) == drill.runs else held_at(drill)
    if drill.scenario is Scenario.JOURNAL_TOUCHED:
        return proof_times(drill)
    return [
        passed("To notice", began, notice),
        passed("To act", began, act),
        passed("To the confirmed stop", began, end),
    ]


def held_at(drill: PlayedDrill) -> DrillEvent | None:
    """Where a run that insists was paused: it stands still from then on."""
    return next(drill.of(e.RunPaused), None) if drill.scenario is Scenario.INSISTS else None


def proof_times(drill: PlayedDrill) -> list[dict[str, Json]]:
    took = drill.facts.get("took")
    known = {"seconds": took, "figure": figures.span(float(took))} if took is not None else {}
    return [{"words": "To notice", "figure": "", "what": "by the proof", **known}]


def passed(words: str, began: DrillEvent | None, then: DrillEvent | None) -> dict[str, Json]:
    if began is None or then is None:
        return {"words": words, "figure": "", "what": ""}
    seconds = (then.event.at - began.event.at).total_seconds()
    return {
        "words": words,
        "seconds": round(seconds, 2),
        "figure": figures.span(seconds),
        "what": said(then.event),
        **link(then),
    }


def notices(event: RunEvent) -> bool:
    """Whether the product has noticed something: a finding, a doubt, a failure."""
    match event:
        case e.CallReturned(outcome=outcome):
            return outcome is not Outcome.OK
        case e.RunLeased(after=after):
            return bool(after)
    return isinstance(event, NOTICES)


def acts(event: RunEvent) -> bool:
    """Whether the product, or a person, has done something about it."""
    match event:
        case e.PlanFailed(retry_at=at) | e.CallReturned(retry_at=at):
            return at is not None
        case e.RunLeased(after=after):
            return bool(after)
    return isinstance(event, ACTS)


def lines(drill: PlayedDrill) -> list[dict[str, Json]]:
    """What happened at which second since the first event, as sentences."""
    if not drill.noted:
        return []
    start = drill.noted[0].event.at
    told = list(sentences(drill, start))
    return told if len(told) <= MOST_LINES else [*told[: MOST_LINES - 10], *told[-10:]]


def sentences(drill: PlayedDrill, start: datetime) -> Iterator[dict[str, Json]]:
    names = {run: place for place, run in enumerate(dict.fromkeys(n.run for n in drill.noted), 1)}
    for each in drill.noted:
        if words := said(each.event):
            seconds = (each.event.at - start).total_seconds()
            which = f"Run {names[each.run]}: " if drill.runs > 1 else ""
            tone = "end" if isinstance(each.event, ENDS) else "found" if notices(each.event) else ""
            yield {"second": f"{seconds:.1f}", "words": which + words, "tone": tone, **link(each)}


def said(event: RunEvent) -> str:
    """An event in a sentence; empty for what says nothing in a drill."""
    template = SENTENCES.get(event.kind, "")
    if isinstance(event, e.RunLeased) and event.after:
        template = "Another worker took the run: the one before {after}."
    words = {each.name: getattr(event, each.name) for each in fields(event)}
    words["again"] = " It is tried again." if words.get("retry_at") else ""
    words["outcome"] = RETURNED.get(words.get("outcome", Outcome.OK), "")
    words["happened"] = HAPPENED.get(words.get("happened", Happened.UNKNOWN), "")
    for name in ("word", "reason"):
        words[name] = str(words.get(name, "")).replace("_", " ").lower()
    return template.format_map(words).strip().rstrip(":") if template else ""


SENTENCES: Final[Mapping[str, str]] = {
    e.RunCreated.kind: "The shadow run was queued.",
    e.RunLeased.kind: "A worker took the run.",
    e.CallIntended.kind: "The call of {tool} was let through to the shadow tool.",
    e.CallReturned.kind: "{tool} {outcome}.{again}",
    e.CallLost.kind: "No answer came from {tool}: nobody knows whether it happened.",
    e.CallLookedUp.kind: "{tool} was asked whether the call happened: {happened}.",
    e.CallSettled.kind: "A person said of {tool}, whether it happened: {happened}.",
    e.CallRetried.kind: "{tool} was tried again, attempt {attempt}.",
    e.CallRefused.kind: "{tool} was refused: {sentence}",
    e.CallAsked.kind: "A person was asked about {tool}: {sentence}",
    e.CallDecided.kind: "The word on {tool}: {word}.",
    e.HintGiven.kind: "The supervisor gave the planner a hint.",
    e.PlanFailed.kind: "The provider gave no answer: {message}.{again}",
    e.RunPaused.kind: "The run was paused: {detail}",
    e.RunWaiting.kind: "The run waits: {why}",
    e.KillRequested.kind: "A kill was requested.",
    e.KillAcknowledged.kind: "The worker confirmed the kill.",
    e.RunStopped.kind: "Stopped, {reason}: {detail}",
    e.RunCompleted.kind: "Completed.",
}
RETURNED: Final = {
    Outcome.OK: "answered",
    Outcome.ERROR: "failed",
    Outcome.TIMEOUT: "gave no answer in its time and was broken off",
    Outcome.CANCELLED: "was cancelled",
}
HAPPENED: Final = {Happened.YES: "yes", Happened.NO: "no", Happened.UNKNOWN: "nobody can tell"}
