"""What a kill will do to this run, in sentences, before it is done. Pure: facts come from the fold
of its journal.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from console import figures
from console.journal.records import Stored
from runs.engine.kept_calls import Doubt, Flight
from runs.engine.state import RunState
from runs.engine.vocabulary import FINAL, Compensation, Effect, RunPhase, RunStatus, Waiting


@dataclass(frozen=True, slots=True)
class KillConsequence:
    icon: str
    words: str
    tone: str = ""


def of_kill(
    state: RunState,
    lasting: Counter[str],
    chosen: Compensation = Compensation.UNDO,
    *,
    sees_tools: bool,
) -> list[KillConsequence]:
    """The consequences in the order in which they happen. `lasting` counts succeeded calls that
    nothing can undo, by tool; `chosen` is what the run's agent wants done with all others.
    """
    if state.status in FINAL:
        return [ENDED]
    found = [in_flight(state, sees_tools=sees_tools), undone(state, chosen, sees_tools=sees_tools)]
    if lasting:
        said = f": {listed(lasting)}" if sees_tools else ""
        found.append(
            KillConsequence(
                "lock",
                f"{figures.plural(lasting.total(), 'action')} cannot be undone and will "
                f"stay{said}.",
                "bad",
            )
        )
    found.append(
        KillConsequence(
            "scroll-text",
            "Its transcript and audit trail stay. It cannot be resumed; you can start one like it.",
        )
    )
    return found


ENDED = KillConsequence("circle-check", "The run has ended by now: there is nothing to kill.")
UNREAD = (
    KillConsequence(
        "circle-question-mark",
        "Its journal cannot be read: what it did is not known, and nothing of it is undone.",
        "bad",
    ),
    KillConsequence(
        "scroll-text",
        "It ends at once, and what can be read of it stays. It cannot be resumed; you can start one"
        " like it.",
    ),
)
LISTED = "until somebody has said so, the run is listed under what needs a person"


def in_flight(state: RunState, *, sees_tools: bool) -> KillConsequence:
    flight, tool = state.flight, f" to {state.flight.tool}" if state.flight and sees_tools else ""
    if len(state.flights) > 1:
        return side_by_side(state, sees_tools=sees_tools)
    if flight and flight.doubt is Doubt.CLEARED:
        return KillConsequence(
            "circle-check",
            f"Nothing is in flight; the call{tool} that waits for another attempt is not made.",
        )
    if flight and state.status is RunStatus.WAITING and state.waiting_for is Waiting.IN_DOUBT:
        return KillConsequence(
            "circle-question-mark",
            f"Whether the call{tool} happened stays open: {LISTED}.",
            "person",
        )
    if flight:
        return KillConsequence(
            "unplug",
            f"The call in flight{tool} is cancelled at once. {found_out(flight)}",
            tone(flight),
        )
    if state.status is RunStatus.RUNNING and state.phase is RunPhase.PLANNING:
        return KillConsequence(
            "brain",
            "The question to the model is cancelled at once; the provider may still charge for it.",
        )
    return KillConsequence("circle-check", "Nothing is in flight.")


def side_by_side(state: RunState, *, sees_tools: bool) -> KillConsequence:
    """What happens to several calls in flight, all of which only read."""
    tools = Counter(flight.tool for flight in state.flights)
    said = f" ({listed(tools)})" if sees_tools else ""
    words = f"The {tools.total()} calls in flight{said} are cancelled at once. They only read."
    return KillConsequence("unplug", words)


def found_out(flight: Flight) -> str:
    """How it is found out whether a call that is cut off happened."""
    if flight.effect is Effect.READ:
        return "It only reads."
    if flight.lookup:
        after = "; if so it is undone" if flight.undo else ""
        return (
            f"Its tool is asked whether it happened{after}. If it cannot say, the run is listed"
            " under what needs a person."
        )
    return f"Nobody can tell then whether it happened: {LISTED}."


def tone(flight: Flight) -> str:
    return "" if flight.effect is Effect.READ or flight.lookup else "person"


FOLLOWS = {
    Compensation.UNDO: ("{what} will be undone, newest first{said}.", "undoing"),
    Compensation.LEAVE: ("Nothing is undone of {what} that could be{said}.", ""),
    Compensation.ASK: ("A person is asked whether to undo {what}{said}.", "person"),
}


def undone(state: RunState, chosen: Compensation, *, sees_tools: bool) -> KillConsequence:
    tools = Counter(done.tool for done in reversed(state.undoable))
    if not tools:
        return KillConsequence("undo-2", "Nothing it did has to be undone.")
    said = f": {listed(tools)}" if sees_tools else ""
    words, tone = FOLLOWS[chosen]
    what = figures.plural(tools.total(), "succeeded action")
    return KillConsequence("undo-2", words.format(what=what, said=said), tone)


def listed(tools: Counter[str]) -> str:
    return ", ".join(f"{tool} × {count}" if count > 1 else tool for tool, count in tools.items())


def lasting(stored: Iterable[Stored]) -> Counter[str]:
    """Succeeded calls with an effect that has no undo, by tool."""
    fixed: set[str] = set()
    found: Counter[str] = Counter()
    for event in stored:
        record = event.record
        call = str(record.data.get("call", ""))
        if (
            record.kind == "call.intended"
            and record.data.get("effect") != "read"
            and not record.data.get("undo")
        ):
            fixed.add(call)
        elif record.kind == "call.returned" and record.verdict == "succeeded" and call in fixed:
            found[record.tool] += 1
    return found
