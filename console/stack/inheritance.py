"""The leases of a worker that is gone: given up in the database, and told to whoever can take its
runs. Loaded when it is.
"""

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from uuid import UUID

import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

from django.conf import settings

from console.live import control
from console.outside import confidential
from runs.runtime import lease, losses

TIMEOUT = 3
PAUSE = 0.25


def take(owner: str, after: str, words: str, *, blame: bool) -> None:
    """As soon as the database takes it; once the leases have run out by themselves, nobody needs to
    be told any more.
    """
    words = confidential.mask().text(words) if words else ""
    until = time.monotonic() + lease.TTL + lease.BEAT
    while True:
        try:
            tell(owner, after, give_up(owner, after, words, blame=blame))
        except psycopg.Error as error:
            if time.monotonic() > until:
                print(f"the leases of {owner} are left to run out: {error}", file=sys.stderr)
                return
            time.sleep(PAUSE)
        else:
            return


def tell(owner: str, after: str, freed: Sequence[UUID]) -> None:
    if freed:
        print(f"{owner} {after}; runs given up: {len(freed)}", file=sys.stderr)
        control.nudge(losses.CHANNEL, {"verb": losses.FREED, "owner": owner})


def give_up(owner: str, after: str, words: str, *, blame: bool) -> list[UUID]:
    with contextlib.closing(
        psycopg.connect(settings.DATABASE_DSN, autocommit=True, connect_timeout=TIMEOUT)
    ) as connection:
        return losses.of_owner(connection, owner, after, words, blame=blame)
