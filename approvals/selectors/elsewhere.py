"""What other runs asked lately that would do the same as a request: the newest that was let
through, else one that is asked still. One query for any number of requests, by an index.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse

from approvals.models import Request
from approvals.rules.request_vocabulary import YES, RequestStatus
from console import figures
from console.journal import visibility
from console.journal.records import label_of
from runs.engine.vocabulary import Verdict

SEES = "runs.view_run"
LATELY = timedelta(hours=24)
FOUND = """SELECT wanted.id, other.id, other.run_id, other.status, other.asked_at, other.ended_at,
    other.decided_by, other.decided_by_id, other.held, back.verdict
    FROM approvals_request wanted CROSS JOIN LATERAL (
        (SELECT 1 AS place, yes.* FROM approvals_request yes
            WHERE yes.call_key = wanted.call_key AND yes.call_key <> ''
            AND yes.status = 'decided' AND yes.act IN ('approve', 'edit')
            AND yes.ended_at > %(since)s
            AND yes.run_id <> wanted.run_id AND yes.drill = wanted.drill
            ORDER BY yes.ended_at DESC LIMIT 1)
        UNION ALL
        (SELECT 2 AS place, waits.* FROM approvals_request waits
            WHERE waits.call_key = wanted.call_key AND waits.call_key <> ''
            AND waits.status = 'open'
            AND waits.run_id <> wanted.run_id AND waits.drill = wanted.drill
            ORDER BY waits.held_until, waits.asked_at LIMIT 1)
        ORDER BY place LIMIT 1) other
    LEFT JOIN LATERAL (SELECT verdict FROM journal_event WHERE run = other.run_id
        AND tool = other.tool AND step = other.step AND kind = 'call.returned'
        AND visibility = ANY(%(open)s) AND data::jsonb ->> 'call' = other.call
        ORDER BY seq DESC LIMIT 1) back ON other.status = 'decided'
    WHERE wanted.id = ANY(%(wanted)s) AND wanted.call_key <> ''"""
CAME: Mapping[str, str] = {
    Verdict.SUCCEEDED: "it succeeded",
    Verdict.FAILED: "it failed there",
}


@dataclass(frozen=True, slots=True)
class SameCall:
    """A request of another run, as this reader is told of it. `sentence` goes before the link to
    that run, `more` behind it.
    """

    run: str
    url: str
    card: str
    sentence: str
    more: str


def of(requests: Sequence[Request], user: User, now: datetime) -> Mapping[int, SameCall]:
    """Find those that have one among open requests, by id; none for whoever may see no runs."""
    wanted = [each.pk for each in requests if each.status == RequestStatus.OPEN and each.call_key]
    if not wanted or not user.has_perm(SEES):
        return {}
    may_read = visibility.open_to(visibility.clearance_of(user))
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {"wanted": wanted, "since": now - LATELY, "open": may_read})
        return {row[0]: told(row[1:], user, now) for row in cursor.fetchall()}


def told(row: Sequence[Any], user: User, now: datetime) -> SameCall:
    request, run, status, asked_at, ended_at, by, by_id, held, verdict = row
    if status == RequestStatus.DECIDED:
        did = "done" if verdict == Verdict.SUCCEEDED else "approved"
        came = CAME.get(verdict, "how it ended is not known yet")
        more = f"approved by {whom(by_id, by, user)} {ago(ended_at, now)}; {came}."
        return same(request, run, f"This was {did} already in another run:", more)
    held = json.loads(held) if held else {}
    if held.get("act") in YES:
        at = datetime.fromisoformat(held["at"])
        more = f"by {whom(held['by'], held['name'], user)} {ago(at, now)}; it is about to be done."
        return same(request, run, "This was approved already in another run:", more)
    return same(
        request, run, "This is asked for in another run as well:", f"asked {ago(asked_at, now)}."
    )


def whom(person: str, name: str, user: User) -> str:
    return "you" if person == str(user.pk) else label_of(name)


def same(request: int, run: UUID, sentence: str, more: str) -> SameCall:
    url, card = reverse("runs:run", args=[run]), reverse("approvals:card", args=[request])
    return SameCall(str(run)[:8], url, card, sentence, more)


def ago(at: datetime, now: datetime) -> str:
    return f"{figures.allowance(int(figures.since(at, now)))} ago"
