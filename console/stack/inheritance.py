"""The leases of a worker that is gone: given up in the database, and told to whoever can take its
runs. Loaded when it is.
"""

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

from django.conf import settings

from console.live import control, publish
from console.outside import confidential
from runs.runtime import lease, losses
from runs.runtime.blame import Loss

CULPRITS = "runs.runtime.culprits"
"""Loaded when there are some: most takeovers wait for nothing of it."""
TIMEOUT = 3
LINE, TOLD = " / ", 300
PAUSE = 0.25
BOUND = f"SET statement_timeout = '{TIMEOUT}s'"


def take(owner: str, loss: Loss) -> None:
    """Give the leases up as soon as the database can be reached; once they have run out by
    themselves, nobody needs to be told any more.
    """
    loss = replace(loss, words=shown(loss.words) if loss.words else "")
    until = time.monotonic() + lease.TTL + lease.BEAT
    while True:
        try:
            settle(owner, loss)
        except psycopg.Error as error:
            if time.monotonic() > until:
                print(f"the leases of {owner} are left to run out: {error}", file=sys.stderr)
                return
            time.sleep(PAUSE)
        else:
            return


def shown(words: str) -> str:
    """Each of the last lines without a secret, then cut to size."""
    return LINE.join(line[:TOLD] for line in confidential.mask().text(words).split(LINE))


def settle(owner: str, loss: Loss) -> None:
    """Give up runs and note the tools that may have been at fault, in one transaction: whoever
    takes the runs knows of those tools.
    """
    with contextlib.closing(connected()) as connection, connection.transaction():
        freed = losses.of_owner(connection, owner, loss)
        if loss.blame and loss.tools:
            importlib.import_module(CULPRITS).note(connection, loss)
    tell(owner, loss, freed)


def tell(owner: str, loss: Loss, freed: Sequence[UUID]) -> None:
    if freed:
        print(f"{owner} {loss.after}; runs given up: {len(freed)}", file=sys.stderr)
        control.nudge(losses.CHANNEL, {"verb": losses.FREED, "owner": owner})
        publish.broadcast_refresh("a worker was lost")
    if loss.tools:
        control.nudge(losses.BREAKERS, {})


def connected() -> psycopg.Connection[Any]:
    """A connection whose waits are all bounded: a server that accepts connections and says nothing
    counts as away as well.
    """
    made = psycopg.connect(
        settings.DATABASE_DSN,
        autocommit=True,
        connect_timeout=TIMEOUT,
        tcp_user_timeout=TIMEOUT * 1_000,
    )
    made.execute(BOUND)
    return made
