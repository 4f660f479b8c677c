"""Addresses that tried many names in vain, as the journal has them; for the page Health."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from console import figures
from console.journal.models import OFTEN, Event

KIND = "auth.spraying"
SHOWN_FOR = timedelta(days=7)
MOST = 20


@dataclass(frozen=True, slots=True)
class Sprayed:
    """One such hour of one address."""

    place: str
    names: int
    at: str
    at_text: str


def lately(now: datetime) -> list[Sprayed]:
    """Those of the last week, the newest first."""
    found = Event.objects.filter(~OFTEN, kind=KIND, ts__gt=now - SHOWN_FOR).order_by("-id")
    return [line(each) for each in found[:MOST]]


def line(event: Event) -> Sprayed:
    data = json.loads(event.data or "{}")
    return Sprayed(
        place=str(data.get("from", "")),
        names=int(data.get("names", 0)),
        at=figures.iso(event.ts),
        at_text=figures.moment(event.ts),
    )
