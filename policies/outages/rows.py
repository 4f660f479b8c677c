"""Patience policies read from their table, and the statements that keep a provider's standing."""

from typing import Any

from policies import current
from policies.from_row import from_row
from policies.outages.models import PatiencePolicy
from policies.outages.pace import Standing
from policies.outages.rules import UNTIL_THE_END, Patience
from policies.patterns import fits

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('provider ' || %(place)s, 0))"
"""Locks one provider's standing, even before there is a row of it."""
READ = """SELECT since, trouble, tries, pause, retry_at, probe_until, back_at, granted
    FROM policies_providerstanding WHERE place = %(place)s"""
WRITE = """INSERT INTO policies_providerstanding
    (place, since, trouble, tries, pause, retry_at, probe_until, back_at, granted)
    VALUES (%(place)s, %(since)s, %(trouble)s, %(tries)s, %(pause)s, %(retry_at)s, %(probe_until)s,
        %(back_at)s, %(granted)s)
    ON CONFLICT (place) DO UPDATE SET since = excluded.since, trouble = excluded.trouble,
        tries = excluded.tries, pause = excluded.pause, retry_at = excluded.retry_at,
        probe_until = excluded.probe_until, back_at = excluded.back_at,
        granted = excluded.granted"""
FORGET = "DELETE FROM policies_providerstanding WHERE place = %(place)s"


def standing(row: tuple[Any, ...] | None) -> Standing | None:
    return Standing(*row) if row else None


def facts(place: str, known: Standing) -> dict[str, Any]:
    names = "since trouble tries pause retry_at probe_until back_at granted".split()
    return {"place": place, **{name: getattr(known, name) for name in names}}


def load() -> tuple[Patience, ...]:
    """Every enabled patience policy, in order. Queries."""
    rows = PatiencePolicy.objects.filter(enabled=True).order_by("priority", "name")
    return tuple(map(policy_of, rows))


def policy_of(row: PatiencePolicy) -> Patience:
    return from_row(
        Patience,
        row,
        longest=row.longest_minutes * 60.0 if row.longest_minutes else None,
        base=UNTIL_THE_END.base,
        cap=float(row.cap_seconds),
        limited=float(row.limited_seconds),
    )


POLICIES = current.offer("patience", load)


def policy(planner: str) -> Patience:
    """The policy for this planner's outages. Costs no query."""
    policies = current.bundle().get(POLICIES)
    return next((each for each in policies if fits(planner, each.planners)), UNTIL_THE_END)
