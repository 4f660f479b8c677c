"""How fast passwords may be tried: slower with each failure, for whoever fails and nobody else.

A failure counts for one name from one place. A browser in which that name has signed in before is a
place of its own, so whatever strangers do, its owner's right password works. Many names from one
address slow that address, and are written down.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from console.journal.append import note
from console.models import FailedSignIn

FREE = 5
"""Failures of one name from one place before anything is slowed."""
LONGEST = timedelta(seconds=60)
WITHIN = timedelta(minutes=15)
SPRAYED = 10
"""Different names from one address, within `WATCHED`, that are called spraying."""
SPRAY_WAIT = timedelta(seconds=4)
WATCHED = timedelta(hours=1)
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"


@dataclass(frozen=True, slots=True)
class PasswordAttempt:
    """A password that is about to be tried. `place` is the network it comes from, or the mark of a
    browser that the name is known in.
    """

    name: str
    place: str
    known: bool = False

    @property
    def digest(self) -> bytes:
        """What is kept of the name: people type passwords into the wrong field."""
        return hashlib.sha256(self.name.casefold().encode()).digest()


class TooFast(Exception):
    """The password was not looked at. `wait`: after how long it will be."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"try again in {wait.total_seconds():.0f} s")
        self.wait = wait


def pause(failures: int) -> timedelta:
    """How long after the last of so many failures the next try may come: nothing, then 2, 4, 8 …
    seconds.
    """
    if failures < FREE:
        return timedelta()
    return min(LONGEST, timedelta(seconds=2 ** min(failures - FREE + 1, 10)))


def claim(attempt: PasswordAttempt, at: datetime) -> FailedSignIn:
    """Count the attempt as failed until `forgive` says otherwise, so that many at once are counted
    as well. Raises TooFast, and then counts nothing: waiting always ends.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME, [attempt.place])
        FailedSignIn.objects.filter(at__lt=at - WATCHED).delete()
        if (wait := left(attempt, at)) > timedelta():
            raise TooFast(wait)
        notice_spraying(attempt, at)
        return FailedSignIn.objects.create(
            name=attempt.digest, place=attempt.place, at=at, known=attempt.known
        )


def forgive(claimed: FailedSignIn) -> None:
    """The password was right: what this name failed before from this place is forgotten."""
    FailedSignIn.objects.filter(name=claimed.name, place=claimed.place).delete()


def left(attempt: PasswordAttempt, at: datetime) -> timedelta:
    """How long this attempt has to wait."""
    here = FailedSignIn.objects.filter(place=attempt.place)
    mine = here.filter(name=attempt.digest, at__gt=at - WITHIN).order_by("-at")
    times = list(mine.values_list("at", flat=True))
    waits = [times[0] + pause(len(times)) - at] if times else []
    if not attempt.known and names_from(attempt.place, at) >= SPRAYED:
        last = here.order_by("-at").values_list("at", flat=True)[0]
        waits.append(last + SPRAY_WAIT - at)
    return max(waits, default=timedelta())


def names_from(place: str, at: datetime) -> int:
    """How many different names were tried in vain from this address."""
    tried = FailedSignIn.objects.filter(place=place, known=False, at__gt=at - WATCHED)
    return tried.values("name").distinct().count()


def notice_spraying(attempt: PasswordAttempt, at: datetime) -> None:
    """Write it down when this attempt's name is the one that makes it spraying."""
    if attempt.known or names_from(attempt.place, at) != SPRAYED - 1:
        return
    if not FailedSignIn.objects.filter(place=attempt.place, name=attempt.digest).exists():
        data = {"from": attempt.place, "names": SPRAYED, "minutes": WATCHED.seconds // 60}
        note(kind="auth.spraying", actor="visitor", at=at, data=data)
