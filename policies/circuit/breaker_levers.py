"""Forcing a breaker open, or resetting it, by a person. Each is one transaction with its event on
the house's chain.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import connection, transaction

from console.journal import acting, append
from console.journal.ledger import HOUSE
from console.journal.records import HOUSE_KEY, Actor
from console.json_value import Json
from console.refused import Refused
from policies.circuit import breaker_cache, rows
from policies.circuit.models import Breaker
from policies.circuit.rules import BreakerPhase, BreakerState, Forced, Reset, moved
from policies.current.four_eyes import proposable_acts, taking_two
from policies.current.four_eyes.proposable_acts import ProposableAct
from policies.current.four_eyes.rules import Widening, WideningKind
from policies.current.four_eyes.taking_two import WantedChange

PULLS = ("policies.pull_lever",)
RESET = "reset"
"""The act of letting a tool be called again, as proposed changes know it."""


def force_open(*, tool: str, actor: AbstractBaseUser, at: datetime, reason: str) -> BreakerState:
    """Cut the tool off until somebody resets its breaker."""
    who = acting.of(actor)
    return pulled(tool, Forced(who.name, reasoned(reason)), who, at, "It is cut off already.")


def reset(
    *, tool: str, actor: AbstractBaseUser, at: datetime, reason: str, confirmed: bool = False
) -> BreakerState:
    """Close the breaker, whatever it counted. One that a person cut off is a lever: raises Held
    where letting go of it takes a second person and none has `confirmed` it.
    """
    who, why = acting.of(actor), reasoned(reason)
    with transaction.atomic():
        if not confirmed and cut_off({"tool": tool.strip()}):
            taking_two.hold(wanted(tool.strip(), why))
        return pulled(tool, Reset(who.name, why), who, at, "It works already.")


def wanted(tool: str, why: str) -> WantedChange:
    """The reset as a change to propose."""
    return WantedChange(
        kind=WideningKind.LEVER,
        act=RESET,
        args={"tool": tool, "reason": why},
        rests_on=cut_off({"tool": tool}),
        what=f"Let {tool} be called again",
        widens=(Widening(tool, "cut off by a person", "may be called again"),),
        reason=why,
    )


def cut_off(args: Mapping[str, Any]) -> Json:
    """Says by whom and why the tool is cut off, and since when; nothing where no person did it."""
    forced = Breaker.objects.filter(tool=args["tool"], phase=BreakerPhase.FORCED.value)
    row = forced.select_for_update().first()
    return [row.tool, row.by, row.why, str(row.moved_at)] if row is not None else None


def done(args: Mapping[str, Any], actor: User, at: datetime) -> None:
    reset(tool=args["tool"], reason=args["reason"], actor=actor, at=at, confirmed=True)


proposable_acts.offer(ProposableAct(RESET, lambda args: PULLS, cut_off, done))


def reasoned(reason: str) -> str:
    why = reason.strip()[: rows.MOST_WORDS]
    if not why:
        raise Refused("Cutting a tool off needs a reason: others will read it.")
    return why


def pulled(
    tool: str, happening: Forced | Reset, who: Actor, at: datetime, already: str
) -> BreakerState:
    name = tool.strip()[: rows.MOST_NAME]
    if not name or "\0" in name:
        raise Refused("Say which tool.")
    with transaction.atomic():
        raw = append.raw_connection(connection)
        (before,) = rows.locked(raw, [name])
        after = moved(before, happening, breaker_cache.thresholds(name), at)
        if after.phase is before.phase:
            raise Refused(already)
        rows.write(raw, [after])
        told = [replace(each, person=who.person) for each in rows.moved(before, after, at)]
        append.append(connection, HOUSE, HOUSE_KEY, told, epoch=None, projection={})
        transaction.on_commit(breaker_cache.announce)
    return after
