"""One chain proved while somebody waits: bounded by time and one at a time, with the result as a
sentence.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from uuid import UUID

from django.db import connection

from console.journal import append, proof
from console.journal.proof import Proof

SECONDS = 5.0
AT_ONCE = BoundedSemaphore(1)
BUSY = "Another chain is being verified at this moment. Try again in a few seconds."
TOO_LONG = (
    f"Not verified: it takes longer than {SECONDS:.0f} s. On the console's machine `manage.py"
    " journal verify` takes the time it needs."
)
SHOWN = 3


class TooLong(Exception):
    """The time is over."""


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """`holds` is None when nobody found out."""

    sentence: str
    holds: bool | None = None

    @property
    def tone(self) -> str:
        return {None: "person", True: "ok", False: "bad"}[self.holds]


def checked(chain: UUID, at: datetime, seconds: float = SECONDS) -> ChainCheck:
    """Prove the chain from its first event to the head that its ledger keeps. Queries."""
    if not AT_ONCE.acquire(blocking=False):
        return ChainCheck(BUSY)
    began = time.monotonic()

    def goes_on() -> None:
        if time.monotonic() - began > seconds:
            raise TooLong

    try:
        raw = append.raw_connection(connection)
        found = proof.prove(raw, chains=[chain], goes_on=goes_on)
    except TooLong:
        return ChainCheck(TOO_LONG)
    finally:
        AT_ONCE.release()
    return ChainCheck(sentence(found, at, time.monotonic() - began), found.holds)


def sentence(found: Proof, at: datetime, took: float) -> str:
    events = f"{found.events:,} event{'s' * (found.events != 1)}"
    when = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    if found.holds:
        erased = f" The content of {found.erased:,} was erased." if found.erased else ""
        return (
            f"Verified {when}: {events}, each as it was written, from the first to the head, in"
            f" {took:.2f} s.{erased}"
        )
    faults = [str(fault) for fault in found.faults[:SHOWN]]
    more = len(found.faults) - SHOWN
    rest = f"; and {more:,} more" if more > 0 else ""
    return f"NOT VERIFIED {when}, among {events}: {'; '.join(faults)}{rest}."
