"""Five things to try in the demo, each ticked by the event that it leaves in the journal: nothing
else is kept of who has tried what. Reads only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from console.journal.models import Event
from runs.run_authority import PULLS


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
        "change a rule while runs are live",
        "admin:policies_toolpolicy_changelist",
        "policies.change_toolpolicy",
        ("toolpolicy.added", "toolpolicy.changed", "budget.added", "budget.changed"),
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
    return [replace(each, done=not found.isdisjoint(each.kinds)) for each in theirs]
