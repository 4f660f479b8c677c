"""Lets runs go on that a halt lever had paused, where whoever released it asked for that.

The lever's row says so until it is done: whatever is lost meanwhile, a message, a process or the
broker, the next round does the rest.
"""

import logging
from datetime import datetime

from django.contrib.auth.models import User

from console.live import apart, rounds
from console.refused import Refused
from policies.halts import halt_levers
from policies.halts.models import Halt
from runs import services

log = logging.getLogger(__name__)
NOBODY = "Whoever released it has no account any more."


def go_round(at: datetime) -> int:
    """Resume the runs of every lever of whose release all workers have heard; gives how many."""
    return apart.each(
        halt_levers.to_resume(at), lambda lever: let_go_on(lever, at), "a released lever"
    ).done


def let_go_on(lever: Halt, at: datetime) -> int:
    """Resume its runs in the name of whoever released it; gives how many. They stay paused where
    that person may not any more.
    """
    who = User.objects.filter(pk=int(lever.released_by_id or 0)).first()
    try:
        if who is None:
            raise Refused(NOBODY)
        done = services.resume_halted(lever=lever.pk, actor=who, at=at, note=lever.release_note)
    except Refused as no:
        rounds.left_out(f"lever {lever.pk}: {no.sentence}")
        done = 0
    halt_levers.resumed(lever)
    log.info("lever %d: %d runs resumed", lever.pk, done)
    return done
