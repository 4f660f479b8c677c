"""Meters: spent, reserved for the call in flight, left. Pure arithmetic on a run's row."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from console import figures
from runs.engine.vocabulary import RunPhase, RunStatus
from runs.models import Run
from runs.reading import lost_workers

NEAR, OVER = 80, 95
STANDING = (RunStatus.WAITING, RunStatus.PAUSED)
STANDS = "stands still meanwhile"
ESTIMATED = "partly estimated"
CENT = Decimal("0.01")
NO_LIMIT = "no limit"
MOST_TOKENS, MOST_USD = 10**12, Decimal(1_000_000)
"""Limits from which on nothing is limited: those of a run that plays a recording."""


@dataclass(frozen=True, slots=True)
class Meter:
    """`spent` and `reserved` in percent of the limit. `tick`: since when the figure grows by
    itself. `warning` stands in colour above the `note`.
    """

    label: str
    figure: str
    limit: str
    spent: str
    reserved: str
    level: str
    said: str
    tick: str = ""
    note: str = ""
    warning: str = ""


def meter(
    label: str,
    spent: Decimal | float,
    reserved: Decimal | float,
    limit: Decimal | float,
    figure: str,
    top: str,
) -> Meter:
    part = percent(spent, limit)
    held = min(percent(reserved, limit), 100 - part)
    said = f"{figure}, {top}" if top == NO_LIMIT else f"{figure} of {top}"
    level = "over" if part >= OVER else "near" if part >= NEAR else ""
    return Meter(label, figure, top, f"{part:.1f}", f"{held:.1f}", level, said=said)


def percent(part: Decimal | float, whole: Decimal | float) -> float:
    return min(max(float(part) / float(whole) * 100, 0), 100) if whole else 100.0


def cost(run: Run) -> Meter:
    """The run's cost. An unknown price is shown as unknown, never as zero."""
    if run.usd_unknown and not run.usd and run.tokens_in:
        found = meter("Cost", 0, 0, run.max_usd, "no known price", usd_limit(run))
        return replace_note(
            found, "its model has no known price, so the USD limit cannot be checked"
        )
    found = meter(
        "Cost",
        run.usd,
        run.reserved_usd,
        run.max_usd,
        figures.money(run.usd),
        usd_limit(run),
    )
    notes = (
        "at least: some calls had no known price" if run.usd_unknown else "",
        ESTIMATED if run.estimated else "",
        f"{figures.money(run.saved)} saved by the provider's cache" if run.saved >= CENT else "",
    )
    said = "; ".join(filter(None, notes))
    return replace_note(found, said) if said else found


def usd_limit(run: Run) -> str:
    return NO_LIMIT if run.max_usd >= MOST_USD else figures.money(run.max_usd)


def replace_note(found: Meter, note: str) -> Meter:
    return Meter(
        found.label,
        found.figure,
        found.limit,
        found.spent,
        found.reserved,
        found.level,
        f"{found.said}; {note}",
        found.tick,
        note,
    )


def steps(run: Run) -> Meter:
    in_flight = 1 if run.phase == RunPhase.PLANNING else 0
    return meter(
        "Steps",
        run.step,
        in_flight,
        run.max_steps,
        figures.count(run.step),
        figures.count(run.max_steps),
    )


def tokens(run: Run) -> Meter:
    used = run.tokens_in + run.tokens_out
    found = meter(
        "Tokens",
        used,
        run.reserved_tokens,
        run.max_tokens,
        figures.count(used),
        NO_LIMIT if run.max_tokens >= MOST_TOKENS else figures.count(run.max_tokens),
    )
    return replace_note(found, ESTIMATED) if run.estimated else found


def running_time(run: Run, now: datetime) -> float:
    """The run's running time by `now`, in seconds; a worker that was lost has worked until its last
    move.
    """
    until = min(run.phase_at or now, now) if lost_workers.awaits_another(run) else now
    return run.active_seconds + figures.since(run.clock_since, until)


def deadline(run: Run, now: datetime) -> Meter:
    """The run's running time against its limit.

    Its figure ticks while its clock runs; while it stands, the note says so.
    """
    used = running_time(run, now)
    found = meter(
        "Running time",
        used,
        0,
        run.max_seconds,
        figures.clock(used),
        figures.clock(run.max_seconds),
    )
    standing = lost_workers.awaits_another(run)
    tick = (
        figures.iso(run.clock_since - timedelta(seconds=run.active_seconds))
        if run.clock_since and not standing
        else ""
    )
    note = STANDS if standing or (run.status in STANDING and not tick) else ""
    return replace(
        found, tick=tick, note=note, said=f"{found.said}; {note}" if note else found.said
    )


def all_of(run: Run, now: datetime) -> list[Meter]:
    return [steps(run), tokens(run), cost(run), deadline(run, now)]
