"""Somebody leaves: one act switches them off, ends every way in that they had and what they had
promised to runs, and says what becomes of the runs that work for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from approvals.services import pushing
from console.journal import acting, append
from console.live import apart
from console.models import OneTimeLink
from console.people import person_changes, rights
from console.refused import Refused
from console.signing_in import sessions
from policies import memberships
from runs import handing_over, services
from runs.engine.vocabulary import FINAL
from runs.models import Run

UNEXPLAINED = "Say why: the reason is kept with your name."


class RunsLeft(StrEnum):
    """What becomes of the runs that work for somebody who leaves."""

    PAUSE = "pause"
    HAND_OVER = "hand over"
    STOP = "stop"


WORDS: Mapping[RunsLeft, str] = {
    RunsLeft.PAUSE: "Pause them; each waits until somebody stops it or the person is back",
    RunsLeft.HAND_OVER: "Hand them over; they go on with the rights of whoever takes them",
    RunsLeft.STOP: "Stop them, as by a kill; each agent says what becomes of what they did",
}


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves, what becomes of their runs, who takes those that are handed over, and why."""

    person: User
    runs: RunsLeft
    to: User | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """What offboarding did: how many sessions ended, how many runs met their policy, and which did
    not take it.
    """

    sessions: int
    runs: int
    left_out: tuple[str, ...] = ()


def problem(person: User, editor: User) -> str:
    """Why this editor cannot offboard that person; empty when they can."""
    if person.pk == editor.pk:
        return "Nobody offboards themself: ask somebody else who may change people."
    if rights.last_owner(person):
        return f"{person} is the last owner: nobody could let anybody in again."
    if rights.may_more(person, editor):
        return f"{person} holds rights that you do not."
    return ""


def takers(person: User, editor: User) -> list[User]:
    """People who can take the runs over: they may start runs, and may no more than the editor, so
    that nobody lends runs rights that they lack.
    """
    found = memberships.starters().exclude(pk=person.pk).order_by("username")
    return [each for each in found if not rights.may_more(each, editor)]


def offboard(leaving: Leaving, *, editor: User, at: datetime) -> Left:
    """Switch the person off and end all they had here. Raises Refused, and then nothing is done.

    Runs come last: they take their policy one by one, and those that could not are named.
    """
    person = leaving.person
    if no := problem(person, editor) or obstacle(leaving, editor):
        raise Refused(no)
    live = runs_of(person)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=person.pk)
        if no := problem(locked, editor):
            raise Refused(no)
        if leaving.runs is RunsLeft.HAND_OVER:
            handed = [hand_over(run, leaving, editor, at) for run in live]
        else:
            handed = []
        ended = sessions.end_all(locked, actor=acting.of(editor), at=at)
        pushing.end_all(locked, actor=acting.of(editor), at=at, why="offboarded")
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        person_changes.settle()
        OneTimeLink.objects.filter(user=locked, used_at=None).delete()
        append.note(
            kind="user.offboarded", actor=acting.of(editor), at=at, data=told(leaving, live, ended)
        )
    tally = stopped(live, leaving, editor, at) if leaving.runs is RunsLeft.STOP else None
    done = tally.done if tally else sum(handed) if handed else len(live)
    return Left(ended, done, tuple(tally.left_out) if tally else ())


def obstacle(leaving: Leaving, editor: User) -> str:
    if not leaving.note.strip():
        return UNEXPLAINED
    if leaving.runs is RunsLeft.HAND_OVER and leaving.to not in takers(leaving.person, editor):
        return "Say who takes the runs over: somebody who may start runs, and no more than you may."
    return ""


def runs_of(person: User) -> list[UUID]:
    live = Run.objects.filter(principal=person).exclude(status__in=list(FINAL))
    return list(live.order_by("created_at").values_list("pk", flat=True))


def told(leaving: Leaving, live: list[UUID], ended: int) -> dict[str, object]:
    return {
        "user": leaving.person.get_username(),
        "id": leaving.person.pk,
        "runs": len(live),
        "policy": leaving.runs.value,
        "to": leaving.to.get_username() if leaving.to else "",
        "sessions": ended,
        "note": leaving.note,
    }


def hand_over(run: UUID, leaving: Leaving, editor: User, at: datetime) -> bool:
    assert leaving.to is not None
    return handing_over.hand_over(run_id=run, to=leaving.to, actor=editor, at=at, note=leaving.note)


def stopped(live: list[UUID], leaving: Leaving, editor: User, at: datetime) -> apart.RoundTally:
    return apart.each(live, partial(kill, actor=editor, at=at, note=leaving.note), "a run")


def kill(run: UUID, *, actor: User, at: datetime, note: str) -> bool:
    """Have it stopped; False when it had ended or was to be stopped already."""
    try:
        services.kill(run_id=run, actor=actor, at=at, note=note)
    except Refused:
        return False
    return True
