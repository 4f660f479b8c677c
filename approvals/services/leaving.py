"""What follows when somebody is switched off or may decide no more:
their session approvals are taken back.

The run's own events are what counts; who gave a yes is known by the vote it came with, whatever
they are called by now.
"""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from approvals.models import Grant, Vote
from approvals.rules.request_vocabulary import YES
from console.live import apart
from runs import services
from runs.engine.events import GrantRevoked
from runs.engine.vocabulary import FINAL, SUPERVISOR
from runs.run_authority import DECIDES

NOTE = "{name}, who gave it, may not decide any more."


def sweep(*, at: datetime) -> int:
    """Take back every session approval whose giver may give none now; how many."""
    return apart.each(list(stale()), lambda found: take_back(*found, at), "a session approval").done


def stale() -> Iterator[tuple[Grant, User]]:
    """Each session approval that is still in force, with a giver who could not give it now."""
    grants = list(
        Grant.objects.filter(revoked_at=None, used__lt=F("limit")).exclude(
            run__status__in=list(FINAL)
        )
    )
    givers = {
        str(vote.request_id): vote.voter for vote in cast_votes([each.name for each in grants])
    }
    for grant in grants:
        giver = givers.get(grant.name)
        if giver is not None and not giver.has_perm(DECIDES):
            yield grant, giver


def cast_votes(requests: list[str]) -> Iterator[Vote]:
    """The session approvals that standing ones came with: each is named by its request."""
    numbers = [int(name) for name in requests if name.isdecimal()]
    yield from Vote.objects.filter(request__in=numbers, act__in=YES).select_related("voter")


def take_back(grant: Grant, giver: User, at: datetime) -> bool:
    """Whether it stood until now.

    A run that goes on with it meanwhile reads of it before its next step.
    """
    with transaction.atomic():
        run = services.locked(grant.run_id)
        state = services.state_of(run)
        if state.final or all(each.name != grant.name for each in state.grants):
            return False
        note = NOTE.format(name=giver.get_username())
        services.appended(
            run, state, [GrantRevoked(at=at, actor=SUPERVISOR, grant=grant.name, note=note)]
        )
        transaction.on_commit(lambda: services.wake(run.pk))
        return True
