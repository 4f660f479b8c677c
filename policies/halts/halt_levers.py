"""Halt levers: pulled and released by people, in force in every process within a second. The rules
say what one stops.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from console import figures
from console.journal import acting, append, restores
from console.journal.kept_reads import KeptRead
from console.journal.records import USER_HIDDEN, VISIBLE, Actor
from console.json_value import Json
from console.live import publish
from console.refused import Refused
from policies import current
from policies.current.four_eyes import taking_two
from policies.current.four_eyes.rules import Widening, WideningKind
from policies.current.four_eyes.taking_two import WantedChange
from policies.decision import ALLOWED, Decision
from policies.from_row import from_row
from policies.halts import rules
from policies.halts.models import Halt
from policies.halts.rules import AIMED, Facts, Lever, Reach

MOST_REASON = 500
KNOWN_EVERYWHERE = timedelta(seconds=1.5)
"""The time after which every worker has heard of a release, even without Redis: a run that goes on
before would be paused again.
"""
RELEASE = "release"
"""The act of letting go of a lever, as proposed changes know it."""
HOUSE, SUPERVISOR = "The house itself", "supervisor"
RESTORED = (
    "An old backup was restored: this halt is turned off on the page Restored, once somebody has"
    " done what it says."
)


def pulled() -> QuerySet[Halt]:
    """Levers that are pulled, the oldest first."""
    return Halt.objects.filter(released_at__isnull=True).order_by("pulled_at", "id")


all_pulled = KeptRead(pulled)
"""All of them: each page asks."""


def released(most: int = 50) -> Sequence[Halt]:
    """Levers that were released, the last one first."""
    return list(Halt.objects.filter(released_at__isnull=False).order_by("-released_at")[:most])


def load() -> tuple[Lever, ...]:
    """Every lever that is pulled. Queries."""
    return tuple(lever_of(row) for row in all_pulled())


def lever_of(row: Halt) -> Lever:
    return from_row(Lever, row, by=row.pulled_by, at=row.pulled_at)


LEVERS = current.offer("halts", load, urgent=True)


def decision(agent: str, tool: str = "", effect: str = "") -> Decision:
    """Whether a step of this agent, or a call of `tool`, must wait for a lever.

    Costs nothing: asked before each.
    """
    levers = current.bundle().get(LEVERS)
    return rules.decision(Facts(agent, tool, effect), levers) if levers else ALLOWED


def pull(*, reach: str, target: str, reason: str, actor: AbstractBaseUser, at: datetime) -> Halt:
    """Stop what the lever reaches, until somebody releases it."""
    aimed = checked(reach, target)
    why = reason.strip()[:MOST_REASON]
    if not why:
        raise Refused("A halt needs a reason: others will read it on every page.")
    with transaction.atomic():
        if standing := Halt.objects.filter(
            reach=reach, target=aimed, released_at__isnull=True
        ).first():
            raise Refused(f"This halt is on already. {rules.sentence(lever_of(standing))}")
        row = created(
            Halt(
                reach=reach,
                target=aimed,
                reason=why,
                pulled_by=actor.get_username(),
                pulled_by_id=str(actor.pk),
                pulled_at=at,
            )
        )
        note(row, "pulled", actor, at, why)
    return row


def pull_for_the_house(*, reason: str, at: datetime) -> Halt:
    """Halt everything, by no person; the lever that halts it already, where there is one."""
    row, made = Halt.objects.get_or_create(
        reach=Reach.ALL.value,
        target="",
        released_at=None,
        defaults={"reason": reason[:MOST_REASON], "pulled_by": HOUSE, "pulled_at": at},
    )
    if made:
        written(row, "pulled", Actor(SUPERVISOR), at, row.reason)
    return row


def checked(reach: str, target: str) -> str:
    """The target as it is stored. Raises Refused for a lever that does not exist."""
    if reach not in {each.value for each in Reach}:
        raise Refused("There is no such halt.")
    words = " ".join(target.split())
    if reach not in AIMED:
        return ""
    if not words:
        raise Refused("Say which: a name or a pattern, such as issue_* for tools.")
    return words[:500]


def created(row: Halt) -> Halt:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("Somebody turned this halt on at the same moment.") from error
    return row


def release(
    *,
    halt_id: int,
    actor: AbstractBaseUser,
    at: datetime,
    note_: str = "",
    confirmed: bool = False,
    resume: bool = False,
) -> Halt:
    """Release a lever. Runs that it paused stay paused until somebody resumes them, or with
    `resume` until every worker has heard of the release. One that holds everything since an old
    backup was restored is not released before somebody has accepted that.

    Raises Held where that takes a second person and none has `confirmed` it; `resume` is then kept
    for the one who does.
    """
    with transaction.atomic():
        if (held := restores.standing()) and held.halt == halt_id:
            raise Refused(RESTORED)
        row = Halt.objects.select_for_update().filter(pk=halt_id).first()
        if row is None:
            raise Refused("There is no such halt.")
        if row.released_at is not None:
            raise Refused(over(row))
        if not confirmed:
            taking_two.hold(wanted(row, note_, resume=resume))
        row.released_by, row.released_by_id = actor.get_username(), str(actor.pk)
        row.released_at, row.release_note = at, note_.strip()[:MOST_REASON]
        row.resuming = resume
        row.save(
            update_fields=[
                "released_by", "released_by_id", "released_at", "release_note", "resuming",
            ]
        )  # fmt: skip
        note(row, "released", actor, at, row.release_note)
    return row


def to_resume(at: datetime) -> Sequence[Halt]:
    """Levers whose runs are to go on, of whose release every process has heard by then."""
    return list(Halt.objects.filter(resuming=True, released_at__lte=at - KNOWN_EVERYWHERE))


def resumed(row: Halt) -> None:
    """Everything that was to go on does, or was left as it is for good."""
    Halt.objects.filter(pk=row.pk).update(resuming=False)


def over(row: Halt) -> str:
    """That a lever is off, and by whom."""
    when = f" at {figures.hour(row.released_at)}" if row.released_at else ""
    return f"It was released already, by {row.released_by}{when}."


def wanted(row: Halt, why: str, *, resume: bool) -> WantedChange:
    """The release as a change to propose."""
    stands = rules.stands(Reach(row.reach), row.target)
    return WantedChange(
        kind=WideningKind.LEVER,
        act=RELEASE,
        args={"halt": row.pk, "note": why, "resume": resume},
        rests_on=rests_on({"halt": row.pk}),
        what=f"Turn off the halt: {stands}",
        widens=(Widening("halt", stands, "turned off"),),
        reason=why,
    )


def rests_on(args: Mapping[str, Any]) -> Json:
    """Whether the lever is pulled, and by which pull."""
    row = Halt.objects.select_for_update().filter(pk=args["halt"]).first()
    return [row.pk, row.reason, row.released_at is None] if row is not None else None


def note(row: Halt, verb: str, actor: AbstractBaseUser, at: datetime, why: str) -> None:
    written(row, verb, acting.of(actor), at, why)


def written(row: Halt, verb: str, who: Actor, at: datetime, why: str) -> None:
    """Record it on the house's chain, where names of tools are not for everybody, and refresh open
    pages once it is committed.
    """
    append.note(
        kind=f"halt.{verb}",
        actor=who,
        at=at,
        rule=f"halt:{row.reach}",
        visibility=USER_HIDDEN if row.reach == Reach.TOOL else VISIBLE,
        data={"lever": row.pk, "reach": row.reach, "target": row.target, "reason": why},
    )
    transaction.on_commit(partial(publish.broadcast_refresh, f"a halt lever was {verb}"))
