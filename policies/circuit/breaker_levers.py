"""Forcing a breaker open, or resetting it, by a person. Each is one transaction with its event on
the house's chain.
"""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from console.journal import acting, append
from console.journal.ledger import HOUSE
from console.journal.records import HOUSE_KEY, Actor
from console.refused import Refused
from policies.circuit import breaker_cache, rows
from policies.circuit.rules import BreakerState, Forced, Reset, moved


def force_open(*, tool: str, actor: AbstractBaseUser, at: datetime, reason: str) -> BreakerState:
    """Cut the tool off until somebody resets its breaker."""
    who = acting.of(actor)
    return pulled(tool, Forced(who.name, reasoned(reason)), who, at, "It is cut off already.")


def reset(*, tool: str, actor: AbstractBaseUser, at: datetime, reason: str) -> BreakerState:
    """Close the breaker, whatever it counted."""
    who = acting.of(actor)
    return pulled(tool, Reset(who.name, reasoned(reason)), who, at, "It works already.")


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
