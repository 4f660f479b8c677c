"""Takes back the session approvals of people who were switched off, may not decide any more or left
the group that was asked.

The run's own events are what counts. Who gave an approval is known by the vote it came with,
whatever they are called by now.
"""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from approvals import cards
from approvals.models import Grant, Vote
from approvals.rules.request_vocabulary import YES
from console.live import apart
from runs import run_rows
from runs.engine.events import GrantRevoked
from runs.engine.vocabulary import FINAL, SUPERVISOR

NOTE = "{name}, who gave it, may not decide any more."


def sweep(*, at: datetime) -> int:
    """Take back every session approval whose giver could not give it now; gives how many."""
    return apart.each(list(stale()), lambda found: take_back(*found, at), "a session approval").done


def stale() -> Iterator[tuple[Grant, User]]:
    """Each session approval in force whose giver could not give it now, with the giver."""
    grants = list(
        Grant.objects.filter(revoked_at=None, used__lt=F("limit")).exclude(
            run__status__in=list(FINAL)
        )
    )
    given = {str(vote.request_id): vote for vote in cast_votes([each.name for each in grants])}
    for grant in grants:
        vote = given.get(grant.name)
        if vote is not None and not cards.vote_of(vote).stands:
            yield grant, vote.voter


def cast_votes(requests: list[str]) -> Iterator[Vote]:
    """The votes that gave session approvals with these requests, which name them."""
    numbers = [int(name) for name in requests if name.isdecimal()]
    yield from Vote.objects.filter(request__in=numbers, act__in=YES).select_related(
        "voter", "request"
    )


def take_back(grant: Grant, giver: User, at: datetime) -> bool:
    """Take it back; False when it was over already. A run that is being driven reads of it before
    its next step.
    """
    with transaction.atomic():
        run = run_rows.locked(grant.run_id)
        state = run_rows.state_of(run)
        if state.final or all(each.name != grant.name for each in state.grants):
            return False
        note = NOTE.format(name=giver.get_username())
        run_rows.appended(
            run, state, [GrantRevoked(at=at, actor=SUPERVISOR, grant=grant.name, note=note)]
        )
        transaction.on_commit(lambda: run_rows.wake(run.pk))
        return True
