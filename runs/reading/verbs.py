"""Which verbs fit a run's status, and why the others do not. A verb that does not fit stays visible
with its reason. Pure.
"""

from dataclasses import dataclass, replace

from policies import authority
from policies.authority import Person, Question, RunPosition
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import FINAL, Control, RunStatus, StopReason
from runs.models import Run


@dataclass(frozen=True, slots=True)
class VerbButton:
    """A button. `why_not` is empty when it may be pressed; `key` is its shortcut."""

    name: str
    label: str
    icon: str
    key: str = ""
    danger: bool = False
    primary: bool = False
    asks: bool = False
    why_not: str = ""


PAUSE = VerbButton("pause", "Pause", "circle-pause", key="p")
RESUME = VerbButton("resume", "Resume", "circle-play", key="p", primary=True)
REQUEUE = VerbButton("requeue", "Queue again", "rotate-ccw", key="r", primary=True)
CONTINUE = VerbButton("continue", "Continue…", "circle-play", key="c", primary=True, asks=True)
AGAIN = VerbButton("again", "Run again…", "repeat", key="a", primary=True, asks=True)
UNDO = VerbButton("undo", "Undo…", "undo-2", key="u", asks=True)
KILL = VerbButton("kill", "Kill…", "circle-x", key="x", danger=True, asks=True)
WANTED = {verb.value: verb for verb in authority.Verb}
"""What starting another run needs, which is an operator's as pausing is."""


def verbs(
    run: Run, who: Person, asked: Question | None = None, obstacle: str = ""
) -> list[VerbButton]:
    """The buttons: the verb that fits first, kill last and apart. `asked`: what the run asks
    people; `obstacle`: what else keeps it from going on.
    """
    found = [first(run, obstacle), replace(KILL, why_not=no_kill(run))]
    if found[0].name in ("requeue", "continue"):
        found.insert(1, replace(AGAIN, primary=bool(found[0].why_not)))
    if run.status in FINAL and run.calls:
        found.insert(-1, UNDO)
    return [permitted(verb, run, who, asked) for verb in found]


def permitted(verb: VerbButton, run: Run, who: Person, asked: Question | None) -> VerbButton:
    """The button, enabled by the same rules that the service refuses by."""
    no = authority.refused(
        WANTED.get(verb.name, authority.Verb.PAUSE),
        who,
        RunPosition(run.status, run.control),
        asked,
    )
    return (
        replace(verb, why_not=no.sentence, primary=False)
        if no and (verb.name == "resume" or not verb.why_not)
        else verb
    )


def first(run: Run, obstacle: str) -> VerbButton:
    if run.status == RunStatus.PAUSED:
        return replace(RESUME, why_not=obstacle)
    if run.status in FINAL:
        fits = next((verb for verb in (REQUEUE, CONTINUE) if verb.name in fitting(run)), AGAIN)
        return replace(fits, why_not=obstacle, primary=not obstacle)
    return replace(PAUSE, why_not=no_pause(run))


def fitting(run: Run) -> tuple[str, ...]:
    return EXPLANATIONS[StopReason(run.stop_reason)].verbs if run.stop_reason else ()


def no_pause(run: Run) -> str:
    if run.status == RunStatus.COMPENSATING:
        return "It is being undone; that is not interrupted."
    if run.control == Control.KILL:
        return "A kill was requested."
    if run.control == Control.PAUSE:
        return "Already requested; the call in flight may finish first."
    return ""


def no_kill(run: Run) -> str:
    if run.status in FINAL:
        return "It has ended."
    if run.status == RunStatus.COMPENSATING:
        return "It is stopped already and being undone."
    return (
        "Already requested; waiting for the worker to confirm."
        if run.control == Control.KILL
        else ""
    )
