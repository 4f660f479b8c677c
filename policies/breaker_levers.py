"""A person's hand on a breaker: force it open, or reset it. Each is one transaction with its event on the house's chain."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from console.journal import append
from console.journal.ledger import HOUSE
from console.journal.records import HOUSE_KEY
from policies import breaker_rows, breaker_watch
from policies.errors import Refused
from policies.rules.breaker import Breaker, Forced, Reset, moved


def force_open(*, tool: str, actor: AbstractBaseUser, at: datetime, reason: str) -> Breaker:
    """No call of the tool is made until somebody resets it."""
    return pulled(tool, Forced(*signed(actor, reason)), at, "It is forced open already.")


def reset(*, tool: str, actor: AbstractBaseUser, at: datetime, reason: str) -> Breaker:
    """Close it, whatever it counted."""
    return pulled(tool, Reset(*signed(actor, reason)), at, "It is closed already.")


def signed(actor: AbstractBaseUser, reason: str) -> tuple[str, str]:
    why = reason.strip()[: breaker_rows.MOST_WORDS]
    if not why:
        raise Refused("A lever needs a reason: others will read it.")
    return f"user:{actor.get_username()}", why


def pulled(tool: str, happening: Forced | Reset, at: datetime, already: str) -> Breaker:
    name = tool.strip()[: breaker_rows.MOST_NAME]
    if not name or "\0" in name:
        raise Refused("Say which tool.")
    with transaction.atomic():
        raw = append.raw_connection(connection)
        (before,) = breaker_rows.locked(raw, [name])
        after = moved(before, happening, breaker_watch.thresholds(name), at)
        if after.phase is before.phase:
            raise Refused(already)
        breaker_rows.write(raw, [after])
        append.append(connection, HOUSE, HOUSE_KEY, breaker_rows.moved(before, after, at), epoch=None, projection={})
        transaction.on_commit(breaker_watch.announce)
    return after
