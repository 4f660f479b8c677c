"""What the house does once it notices that an old backup of its database was restored: it halts
everything, puts the effects of all runs that are not over in doubt, and goes on only when a person
says so.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from console import figures
from console.journal import acting, append, restores
from console.journal.models import Restore
from console.journal.records import VISIBLE
from console.journal.restores import LostSpan
from console.json_value import Json
from console.live import publish
from console.refused import Refused
from policies.current.four_eyes import taking_two
from policies.current.four_eyes.rules import Widening, WideningKind
from policies.current.four_eyes.taking_two import WantedChange
from policies.halts import halt_levers
from policies.halts.models import Halt
from runs import restored_runs

log = logging.getLogger(__name__)
MOST_REASON = 500
ACCEPT = "accept_restore"
"""The act of letting the house go on, as proposed changes know it."""
UNEXPLAINED = "Say what was done about it: the reason is kept with your name."
DONE = "Nobody waits for that any more."


def notice(now: datetime) -> Restore | None:
    """The restore that nobody has accepted yet: noticed now, or before. None when the database
    knows all that its file of seals does.
    """
    try:
        span = restores.found()
    except (ValueError, OSError):
        # the next seal says it again, on Health, until somebody has mended the file
        log.exception("whether an old backup was restored cannot be told: no file of seals")
        return None
    if span is None:
        return None
    with transaction.atomic():
        row, fresh = Restore.objects.get_or_create(
            digest=span.digest,
            defaults={
                "kept_number": span.kept_number,
                "kept_at": span.kept_at,
                "lost_number": span.lost_number,
                "lost_at": span.lost_at,
                "noticed_at": now,
            },
        )
        if fresh:
            halted(row, span, now)
    return row if row.accepted_at is None else None


def halted(row: Restore, span: LostSpan, now: datetime) -> None:
    """Halt everything, and put the runs that are not over in doubt."""
    said = sentence(span.kept_at, span.lost_at)
    row.runs = restored_runs.mark(detail=said, at=now)
    row.halt = halt_levers.pull_for_the_house(reason=f"{said} See the page Restored.", at=now).pk
    row.save(update_fields=["runs", "halt"])
    facts = {"kept": row.kept_number, "lost": row.lost_number, "runs": row.runs, "why": said}
    append.note(kind="house.restored", actor="supervisor", at=now, visibility=VISIBLE, data=facts)
    transaction.on_commit(partial(publish.broadcast_refresh, "an old backup was restored"))


def sentence(kept_at: datetime | None, lost_at: datetime) -> str:
    """What the journal lacks, in words."""
    since = figures.moment(kept_at) if kept_at else "its beginning"
    return f"An old backup was restored: the journal lacks {since} to {figures.moment(lost_at)}."


def accept(
    *,
    actor: AbstractBaseUser,
    at: datetime,
    reason: str,
    resume: bool = False,
    confirmed: bool = False,
) -> Restore:
    """Let the house go on: a person has seen to what the page says. The lever is released if it was
    pulled for this; its runs stay paused until somebody resumes them, or go on with `resume`.

    Raises Held where letting go of a lever takes a second person and none has `confirmed` it;
    `resume` is then kept for the one who does.
    """
    why = reason.strip()[:MOST_REASON]
    if not why:
        raise Refused(UNEXPLAINED)
    with transaction.atomic():
        row = Restore.objects.select_for_update().filter(accepted_at=None).order_by("-id").first()
        if row is None:
            raise Refused(DONE)
        if not confirmed and row.halt is not None and ours(row.halt):
            taking_two.hold(wanted(row, why, resume=resume))
        who = acting.of(actor)
        row.accepted_at, row.accepted_by, row.reason = at, who.label, why
        row.save(update_fields=["accepted_at", "accepted_by", "reason"])
        if row.halt is not None and ours(row.halt):
            halt_levers.release(
                halt_id=row.halt, actor=actor, at=at, note_=why, confirmed=True, resume=resume
            )
        append.note(
            kind="restore.accepted",
            actor=who,
            at=at,
            visibility=VISIBLE,
            data={"kept": row.kept_number, "lost": row.lost_number, "reason": why},
        )
    return row


def wanted(row: Restore, why: str, *, resume: bool) -> WantedChange:
    """Letting the house go on, as a change to propose."""
    return WantedChange(
        kind=WideningKind.LEVER,
        act=ACCEPT,
        args={"restore": row.pk, "reason": why, "resume": resume},
        rests_on=rests_on({"restore": row.pk}),
        what="Let the house go on after an old backup",
        widens=(Widening("halt", "Every run is halted.", "turned off"),),
        reason=why,
    )


def rests_on(args: Mapping[str, Any]) -> Json:
    """Whether the restore waits for somebody, and with which lever."""
    row = Restore.objects.select_for_update().filter(pk=args["restore"]).first()
    return [row.pk, row.halt, row.accepted_at is None] if row is not None else None


def ours(lever: int) -> bool:
    """Whether the house itself pulled the lever, and it is pulled still."""
    found = Halt.objects.filter(pk=lever, released_at=None)
    return found.filter(pulled_by=halt_levers.HOUSE, pulled_by_id="").exists()
