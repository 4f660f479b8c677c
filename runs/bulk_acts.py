"""One verb for many runs: asked once, then done run by run in the background, each by the service
of the single act with the rights that whoever asked has at that moment.

Each run is one transaction that holds its turn and what came of it: whatever dies half-way, no run
is done twice and none is lost.
"""

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from console.journal import acting, append, visibility
from console.json_value import Json
from console.live import apart
from console.refused import Refused
from policies.authority import Verb
from runs import run_authority, services
from runs.engine.stop_reasons import ASKS_PEOPLE
from runs.engine.vocabulary import FINAL, Compensation, Control, RunStatus
from runs.language import grammar
from runs.models import BulkAct, BulkItem, Run
from runs.run_authority import OPERATES
from runs.search import runs_asked, statement_limit
from runs.search.asker import Asker, zone_named
from runs.search.statement_limit import TooSlow
from runs.supervision import resume_obstacles

log = logging.getLogger(__name__)
MOST = 1_000
"""Runs of one act."""
NEEDED = ("runs.view_run", OPERATES)
NO_REASON = "Say why: a kill of many is kept with its reason."
NONE = "No run is left that this can be done to."
TOO_MANY = f"More than {MOST:,} runs match; one act takes {MOST:,} at most. Narrow the query."
LOST = "Whoever asked may operate runs no more."
UNFIT = "It does not match the query any more."
GONE = "There is no such run any more."
FAILED = "It could not be done: the log says why."
OVER = "It is over already."


class BulkVerb(StrEnum):
    """What can be done to many runs at once."""

    PAUSE = "pause"
    RESUME = "resume"
    KILL = "kill"


class ItemState(StrEnum):
    """What became of one run."""

    WAITING = ""
    DONE = "done"
    REFUSED = "refused"


ABLE: Mapping[BulkVerb, Q] = {
    BulkVerb.PAUSE: Q(
        status__in=[RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING], control=""
    ),
    BulkVerb.RESUME: Q(status=RunStatus.PAUSED),
    BulkVerb.KILL: ~Q(status__in=sorted(FINAL)) & ~Q(control=Control.KILL),
}
"""The runs that a verb is possible on."""
MOST_JUDGED = 100
"""Pauses that ask people of which it is said beforehand who may not end them."""


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """What a person asks for: a verb for what `query` finds or, where `picked` is not empty, for
    those runs.
    """

    verb: BulkVerb
    query: str = ""
    picked: Sequence[UUID] = ()
    note: str = ""
    compensate: str = ""


def matching(wanted: BulkOrder, asker: Asker) -> QuerySet[Run]:
    """All runs that are meant, whether or not the verb is possible on them. Raises Mistake."""
    if wanted.picked:
        return Run.objects.filter(pk__in=wanted.picked)
    return runs_asked.matching(grammar.parse(wanted.query), asker)


def able(wanted: BulkOrder, asker: Asker) -> list[UUID]:
    """The runs that it would be done to, the oldest first, one more than `MOST` where there are
    too many. Raises Mistake.
    """
    found = matching(wanted, asker).filter(ABLE[wanted.verb]).order_by("created_at", "id")
    return list(found.values_list("pk", flat=True)[: MOST + 1])


def refusals(
    wanted: BulkOrder, runs: Sequence[UUID], *, user: User, at: datetime
) -> Mapping[UUID, str]:
    """Why some of these runs would be refused, by the rule of the single act: of pauses that ask
    people, where this person may not answer, or where it would only pause again.
    """
    if wanted.verb is not BulkVerb.RESUME:
        return {}
    asking = Run.objects.filter(pk__in=runs, stop_reason__in=sorted(ASKS_PEOPLE))
    why = {run.pk: refusal(run, user, at) for run in asking.order_by("created_at")[:MOST_JUDGED]}
    return {run: sentence for run, sentence in why.items() if sentence}


def refusal(run: Run, user: User, at: datetime) -> str:
    no = run_authority.refusal(Verb.RESUME, user, run)
    return no.sentence if no else resume_obstacles.to_resuming(run.pk, at)


def begin(
    *, user: User, wanted: BulkOrder, runs: Sequence[UUID], zone: str, at: datetime
) -> BulkAct:
    """Ask for it. Raises Refused for no run, too many, or a kill without a reason."""
    if not runs:
        raise Refused(NONE)
    if len(runs) > MOST:
        raise Refused(TOO_MANY)
    if wanted.verb is BulkVerb.KILL and not wanted.note.strip():
        raise Refused(NO_REASON)
    with transaction.atomic():
        act = BulkAct.objects.create(
            verb=wanted.verb, query="" if wanted.picked else wanted.query,
            picked=bool(wanted.picked), note=wanted.note.strip(), compensate=wanted.compensate,
            zone=zone, by=user, by_name=user.get_username(), asked_at=at, asked=len(runs),
        )  # fmt: skip
        BulkItem.objects.bulk_create(BulkItem(act=act, run=run) for run in runs)
    return act


def go_round(longest: float, at: datetime) -> int:
    """Go on with what is under way, one run of each act in turn, for so many seconds; gives how
    many runs had their turn.
    """
    ends, turns = time.monotonic() + longest, 0
    acts = list(BulkAct.objects.filter(ended_at=None).order_by("id").values_list("pk", flat=True))
    while acts and time.monotonic() < ends:
        acts = [act for act in acts if step(act, at)]
        turns += len(acts)
    return turns


def step(act_id: int, at: datetime) -> bool:
    """The next run of an act: its turn and what came of it in one transaction. False when nothing
    is left to do here: it is over, or another worker is at it.
    """
    with transaction.atomic():
        rows = BulkAct.objects.select_for_update(skip_locked=True)
        act = rows.filter(pk=act_id, ended_at=None).first()
        if act is None:
            return False
        item = act.items.filter(state=ItemState.WAITING).order_by("id").first()
        if item is None:
            ended(act, at)
            return False
        item.why = tried(act, item.run, at)
        item.state = ItemState.REFUSED if item.why else ItemState.DONE
        item.save(update_fields=["state", "why"])
        act.refused += bool(item.why)
        act.done += not item.why
        act.save(update_fields=["done", "refused"])
    return True


def tried(act: BulkAct, run: UUID, at: datetime) -> str:
    """Do it to one run, as whoever asked; why it was refused, empty when it was done."""
    user = User.objects.filter(pk=act.by_id or 0).first()
    if user is None or not user.has_perms(NEEDED):
        return LOST
    try:
        if act.query and not fits(act, run, user):
            return UNFIT
        with transaction.atomic():
            done(act, run, user, at)
    except (Refused, TooSlow) as no:
        return str(no)
    except Run.DoesNotExist:
        return GONE
    except Exception as error:
        if apart.is_away(error):
            raise
        log.exception("bulk act %d: run %s", act.pk, run)
        return FAILED
    return ""


def fits(act: BulkAct, run: UUID, user: User) -> bool:
    """Whether the run still matches, with times as they were meant when it was asked."""
    asker = Asker(user.pk, visibility.clearance_of(user), act.asked_at, zone_named(act.zone))
    with statement_limit.within():
        return runs_asked.matching(grammar.parse(act.query), asker).filter(pk=run).exists()


def done(act: BulkAct, run: UUID, user: User, at: datetime) -> None:
    facts: dict[str, Any] = {"run_id": run, "actor": user, "at": at, "note": act.note}
    match BulkVerb(act.verb):
        case BulkVerb.PAUSE:
            services.pause(**facts)
        case BulkVerb.RESUME:
            services.resume(**facts)
        case BulkVerb.KILL:
            chosen = Compensation(act.compensate) if act.compensate else None
            services.kill(**facts, compensate=chosen)
        case _ as never:
            assert_never(never)


def abort(*, act_id: int, user: User, at: datetime) -> None:
    """Leave alone what has not had its turn. Raises Refused when it is over."""
    with transaction.atomic():
        act = BulkAct.objects.select_for_update().get(pk=act_id)
        if act.ended_at is not None:
            raise Refused(OVER)
        act.aborted_by = user.get_username()
        ended(act, at)


def ended(act: BulkAct, at: datetime) -> None:
    """The act is over: one event of the house says all of it."""
    act.ended_at = at
    act.save(update_fields=["ended_at", "aborted_by"])
    whys = act.items.filter(state=ItemState.REFUSED).values_list("why", flat=True)
    data: dict[str, Json] = {
        "bulk": act.pk,
        "verb": act.verb,
        "query": act.query,
        "reason": act.note,
        "asked": act.asked,
        "done": act.done,
        "refused": act.refused,
        "left": act.left,
        "aborted_by": act.aborted_by,
        "why": dict(Counter(whys).most_common(10)),
    }
    who = acting.of(act.by) if act.by else f"user:{act.by_name}"
    append.note(kind="bulk.ended", actor=who, at=at, data=data)
