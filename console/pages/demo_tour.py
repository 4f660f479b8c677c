"""Five things to try in the demo, each ticked by the event that it leaves in the journal: nothing
else is kept of who has tried what. Reads only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestStatus
from console.journal.models import Event
from runs.models import Run
from runs.models.run import IS_LIVE
from runs.run_authority import PULLS

UNDOES = "order-fulfilment"
"""The demo's agent whose calls can be undone."""

EASY_RULE = "demo-charge-for-the-order"
"""The demo's policy with one plain amount to change."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Something to try: where, who may, and the kinds of events by which a person has done it."""

    words: str
    place: str
    permission: str
    kinds: tuple[str, ...]
    query: str = ""
    done: bool = False

    @property
    def url(self) -> str:
        return reverse(self.place) + self.query


TRIALS = (
    Trial(
        "answer a request",
        "approvals:queue",
        "approvals.decide_request",
        ("approval.held", "approval.voted", "call.decided"),
    ),
    Trial("start a run", "runs:start", "runs.operate_run", ("run.created",)),
    Trial(
        "kill a run and see what it undoes",
        "fleet",
        "runs.operate_run",
        ("run.kill_requested",),
        "?q=status:live",
    ),
    Trial("halt everything, then turn it off again", "halt", PULLS, ("halt.released",)),
    Trial(
        "change a rule while runs are live: what a card may be charged unasked",
        "admin:policies_toolpolicy_changelist",
        "policies.change_toolpolicy",
        ("toolpolicy.added", "toolpolicy.changed", "budget.added", "budget.changed"),
        f"?q={EASY_RULE}",
    ),
)


def trials(who: User) -> Sequence[Trial]:
    """Those that this person may try; none outside of the demo. One query."""
    theirs = [each for each in TRIALS if who.has_perm(each.permission)] if settings.DEMO else []
    if not theirs:
        return ()
    kinds = {kind for each in theirs for kind in each.kinds}
    done = Event.objects.filter(person=str(who.pk), kind__in=kinds).values_list("kind", flat=True)
    found = set(done.order_by().distinct())
    ticked = [replace(each, done=not found.isdisjoint(each.kinds)) for each in theirs]
    return [each if each.done else leading(each) for each in ticked]


def leading(trial: Trial) -> Trial:
    """The trial as it can be done now: where nothing can be killed that would be undone, it leads
    to a start of what can be; where nothing is asked yet, it says when something is.
    """
    match trial.place:
        case "approvals:queue" if not Request.objects.filter(status=RequestStatus.OPEN).exists():
            return replace(trial, words=f"{trial.words} (none waits; the demo asks within minutes)")
        case "fleet" if not Run.objects.filter(IS_LIVE, agent__name=UNDOES).exists():
            return replace(trial, place="runs:start", query=f"?agent={UNDOES}")
    return trial
