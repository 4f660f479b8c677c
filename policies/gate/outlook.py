"""What a policy as a form has it would have said to the last calls, in one line that is counted
while somebody writes it. Bounded by time: what takes too long is counted for fewer calls.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore

from console import figures
from policies.decision import LETTING, DecisionKind
from policies.gate import trials
from policies.gate.models import ToolPolicy
from policies.gate.recorded_calls import Recorded
from policies.gate.trials import PolicyTrial

CALLS = 200
SECONDS = 0.8
AT_ONCE = BoundedSemaphore(1)
"""One at a time in a process, so that typing holds up nobody else's page."""
VERBS = {"allow": "allow", "ask": "ask about", "deny": "deny"}


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many calls would be allowed, asked about and denied, and how many are now. `unsure` of
    them rest on facts that are not known any more. `cut`: there were more than time allowed.
    """

    then: Counter[str]
    now: Counter[str]
    unsure: int = 0
    cut: bool = False

    @property
    def sentence(self) -> str:
        """`Of the last 200 calls this would allow 180, ask about 12, deny 8. Now: …`"""
        calls = self.then.total()
        if not calls:
            return "No run has called these tools in the last two days, as far as you may read."
        which = figures.plural(calls, "call")
        told = f"Of the last {which} this would {said(self.then)}."
        told += " As it is, the same." if self.then == self.now else f" As it is: {said(self.now)}."
        if self.unsure:
            told += f" {self.unsure:,} of them rest on facts that are not known any more."
        return told + (" Older ones were not counted: that takes too long." if self.cut else "")


def said(counted: Counter[str]) -> str:
    return ", ".join(f"{verb} {counted[kind]:,}" for kind, verb in VERBS.items() if counted[kind])


def of(calls: Iterable[Recorded], edited: ToolPolicy, seconds: float = SECONDS) -> Outlook:
    """Judge calls, newest first, until time is up; at least one."""
    until, cut = time.monotonic() + seconds, False
    found: list[PolicyTrial] = []
    for trial in trials.each_tried(calls, edited):
        if cut := bool(found) and time.monotonic() > until:
            break
        found.append(trial)
    return summed(found, cut=cut)


def summed(found: Sequence[PolicyTrial], *, cut: bool = False) -> Outlook:
    return Outlook(
        Counter(kind(trial.then.kind) for trial in found),
        Counter(kind(trial.now.kind) for trial in found),
        sum(bool(trial.rests_on) for trial in found),
        cut,
    )


def kind(decided: DecisionKind) -> str:
    if decided in LETTING:
        return "allow"
    return "ask" if decided is DecisionKind.ASK else "deny"
