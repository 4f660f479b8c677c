"""Notices that the database is an older state of itself: its file of seals, kept outside, knows
later seals than the database does. Keeps what was noticed until a person has accepted it.

What happened between the two seals is not known to the journal any more, though the world outside
still has it.
"""

import itertools
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from console.journal import seal, sealing
from console.journal.models import Restore

LAST = "SELECT number, text FROM journal_seal ORDER BY number DESC LIMIT 1"
KNOWN = "SELECT EXISTS (SELECT FROM journal_event)"


@dataclass(frozen=True, slots=True)
class LostSpan:
    """What the database lacks: everything after its own last seal (number 0 and no time where it
    has none) up to the file's last one, which has this `digest`, hex.
    """

    kept_number: int
    kept_at: datetime | None
    lost_number: int
    lost_at: datetime
    digest: str


def found() -> LostSpan | None:
    """What this database lacks of what its file of seals knows; None for nothing, and for a
    database that is another one than the file's.
    """
    last = sealing.last_line()
    if last is None:
        return None
    told = json.loads(last.text)
    with connection.cursor() as cursor:
        cursor.execute(LAST)
        number, text = cursor.fetchone() or (0, "")
        cursor.execute(KNOWN)
        (known,) = cursor.fetchone()
    if told["number"] <= number or not known or (number and line(number) != text):
        return None
    return LostSpan(
        kept_number=number,
        kept_at=at(json.loads(text)) if text else None,
        lost_number=told["number"],
        lost_at=at(told),
        digest=last.digest.hex(),
    )


def at(facts: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(facts["at"])


def line(number: int) -> str:
    """The text of the seal of this number in the file; empty when it is not there."""
    with sealing.file().open(encoding="utf-8") as lines:
        wanted = list(itertools.islice(lines, number - 1, number))
    return next((each.text for each in seal.read(wanted)), "")


def standing() -> Restore | None:
    """The restore that nobody has accepted yet."""
    return Restore.objects.filter(accepted_at__isnull=True).order_by("-id").first()


def latest() -> Restore | None:
    return Restore.objects.order_by("-id").first()
