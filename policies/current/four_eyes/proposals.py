"""Proposed changes: kept, confirmed by a second person, refused, withdrawn, or over. Each is one
transaction with its event on the house's chain.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet

from console.journal import acting, append
from console.journal.models import Event
from console.journal.records import USER_HIDDEN, Actor
from console.refused import Refused
from policies.current.four_eyes import proposable_acts, row_acts, rules
from policies.current.four_eyes.models import FourEyesRule, ProposedChange
from policies.current.four_eyes.proposable_acts import ProposableAct
from policies.current.four_eyes.rules import ChangeStatus, ProposalPosition, SecondPerson
from policies.current.four_eyes.taking_two import Held

MOST_NOTE = 500
SEES = "policies.view_proposedchange"
SEES_ALL = "policies.view_foureyesrule"
"""The permissions to see changes at all, and to see everybody's."""
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
LETTING_IN = ("user.invited", "user.password_set")
"""Events by which somebody gives another person a way in, which they could use themselves."""
BEHOLDEN = timedelta(days=1)
GONE = "There is no such change."
STALE = "What it rests on was changed meanwhile, so it is not done: propose it again as things are."
LEFT = "they no longer hold the right to."


def kept(held: Held, *, actor: User, at: datetime) -> ProposedChange:
    """Keep what was held up as a proposal. The same one, sent twice, is kept once."""
    wanted = held.wanted
    facts = {
        "act": wanted.act,
        "args": dict(wanted.args),
        "digest": proposable_acts.digest(wanted.rests_on),
    }
    with transaction.atomic():
        rule = FourEyesRule.objects.select_for_update().get(kind=wanted.kind.value)
        mine = ProposedChange.objects.filter(proposed_by_id=str(actor.pk), expires_at__gt=at)
        if there := mine.filter(**facts, status=ChangeStatus.OPEN).first():
            return there
        row = ProposedChange.objects.create(
            **facts,
            kind=wanted.kind.value,
            what=wanted.what[:300],
            lines=[[each.what, each.old, each.new] for each in wanted.widens],
            saved=[[each.what, each.old, each.new] for each in wanted.saved],
            reason=wanted.reason.strip()[:MOST_NOTE],
            rights=sorted(proposable_acts.named(wanted.act).rights(wanted.args)),
            proposed_by=actor.get_username(),
            proposed_by_id=str(actor.pk),
            proposed_at=at,
            expires_at=at + timedelta(hours=rule.hours),
        )
        note(row, "proposed", acting.of(actor), at, row.reason)
    return row


def shown_to(row: ProposedChange, who: User) -> bool:
    """Whether they could make the change themselves, proposed it, or see all of them."""
    mine = row.proposed_by_id == str(who.pk)
    return mine or who.has_perm(SEES_ALL) or who.has_perms(row.rights)


def waiting_for(row: Model, *, reader: User, at: datetime) -> list[ProposedChange]:
    """What waits for a second person to change or delete this row, as far as the reader may see it.
    One query.
    """
    if not reader.has_perm(SEES):
        return []
    edit = [{"model": row._meta.label_lower, "pk": row.pk}]
    found = still_open().filter(expires_at__gt=at, act=row_acts.NAME, args__rows__contains=edit)
    return [each for each in found if shown_to(each, reader)]


def confirm(*, change: int, actor: User, at: datetime, why: str = "") -> ProposedChange:
    """Do what was proposed, exactly as it was saved. Raises Refused when it is not theirs to
    confirm, when it cannot be done, or when what it rests on was changed; the last ends it.
    """
    with transaction.atomic():
        row = locked(change)
        act, proposer = proposable_acts.named(row.act), author(row)
        if no := rules.confirming(position(row, act, proposer), confirmer(row, actor, at), at):
            raise Refused(no)
        fresh = proposable_acts.digest(act.rests_on(row.args)) == row.digest
        if fresh and proposer is not None:
            done(row, act, proposer, actor, at)
        end(row, ChangeStatus.CONFIRMED if fresh else ChangeStatus.STALE, actor, at, why)
    if not fresh:
        raise Refused(STALE)
    return row


def done(
    row: ProposedChange, act: ProposableAct, proposer: User, second: User, at: datetime
) -> None:
    """What it writes of itself names both."""
    both = acting.by(proposer, f"confirmed by {second.get_username()}")
    try:
        act.do(row.args, both, at)
    except ValidationError as wrong:
        raise Refused(f"It cannot be done any more: {' '.join(wrong.messages)}") from wrong


def refuse(*, change: int, actor: User, at: datetime, why: str = "") -> ProposedChange:
    """Say no to a change. Raises Refused when it is not theirs to refuse."""
    with transaction.atomic():
        row = locked(change)
        act = proposable_acts.named(row.act)
        who = proposable_acts.second(act, row.args, actor)
        if no := rules.refusing(position(row, act, author(row)), who, at):
            raise Refused(no)
        end(row, ChangeStatus.REFUSED, actor, at, why)
    return row


def withdraw(*, change: int, actor: User, at: datetime, why: str = "") -> ProposedChange:
    """Take back what one proposed. Raises Refused for anybody else."""
    with transaction.atomic():
        row = locked(change)
        act = proposable_acts.named(row.act)
        who = proposable_acts.second(act, row.args, actor)
        if no := rules.withdrawing(position(row, act, author(row)), who, at):
            raise Refused(no)
        end(row, ChangeStatus.WITHDRAWN, actor, at, why)
    return row


def expire(*, at: datetime) -> int:
    """End what nobody confirmed in time; gives how many."""
    with transaction.atomic():
        due = list(still_open().filter(expires_at__lte=at).select_for_update(skip_locked=True))
        for row in due:
            row.status, row.decided_at = ChangeStatus.EXPIRED.value, at
            row.save(update_fields=["status", "decided_at"])
            note(row, "expired", Actor("supervisor"), at, "")
    return len(due)


def still_open() -> QuerySet[ProposedChange]:
    return ProposedChange.objects.filter(status=ChangeStatus.OPEN)


def waiting_on(who: User, at: datetime) -> int:
    """How many changes of others this person sees that nobody has answered. One query, none for
    whoever sees no changes.
    """
    if not who.has_perm(SEES):
        return 0
    others = still_open().filter(expires_at__gt=at).exclude(proposed_by_id=str(who.pk))
    return sum(shown_to(row, who) for row in others)


def asked_of(who: User, at: datetime) -> int:
    """How many changes of others nobody has answered that this person could make themselves, and so
    may confirm. One query, none for whoever sees no changes.
    """
    if not who.has_perm(SEES):
        return 0
    others = still_open().filter(expires_at__gt=at).exclude(proposed_by_id=str(who.pk))
    return sum(who.has_perms(row.rights) for row in others)


def locked(change: int) -> ProposedChange:
    row = ProposedChange.objects.select_for_update().filter(pk=change).first()
    if row is None:
        raise Refused(GONE)
    return row


def author(row: ProposedChange) -> User | None:
    return User.objects.filter(pk=row.proposed_by_id).first()


def position(row: ProposedChange, act: ProposableAct, proposer: User | None) -> ProposalPosition:
    """The change as the rules see it, its proposer's rights as they are now."""
    left = LEFT
    if proposer is not None:
        first = proposable_acts.second(act, row.args, proposer)
        left = first.obstacle if first.holds_right else LEFT
    return ProposalPosition(
        ChangeStatus(row.status), row.proposed_by_id, row.proposed_by, row.expires_at, left
    )


def confirmer(row: ProposedChange, who: User, at: datetime) -> SecondPerson:
    """The person as the rules see whoever wants to confirm it. Queries."""
    act = proposable_acts.named(row.act)
    second = proposable_acts.second(act, row.args, who)
    return replace(
        second,
        obstacle=second.obstacle or act.gain(row.args, who),
        beholden_until=let_in(row.proposed_by_id, who, at),
    )


def let_in(by: str, who: User, at: datetime) -> datetime | None:
    """The time until which somebody of that id, who gave this person a way in, may be the one who
    uses it; None where they did not lately.
    """
    return let_in_lately(by, at).get(who.pk)


def let_in_lately(by: str, at: datetime) -> dict[int, datetime]:
    """Tell until when that is so of those whom somebody of that id let in lately. One query."""
    lately = Event.objects.filter(kind__in=LETTING_IN, person=by, ts__gt=at - BEHOLDEN)
    found = [(json.loads(each.data or "{}").get("id"), each.ts) for each in lately.order_by("ts")]
    return {person: ts + BEHOLDEN for person, ts in found if isinstance(person, int)}


def confirmers(rights: Sequence[str], *, but: str) -> list[User]:
    """People who hold all of these permissions, without the one of that id. A query for each."""
    found: QuerySet[User] = User.objects.filter(is_active=True).exclude(pk=but)
    for right in rights:
        holders = User.objects.with_perm(right, backend=MODEL_BACKEND)
        found = found.filter(pk__in=holders.values("pk"))
    return list(found.order_by("username"))


def end(row: ProposedChange, how: ChangeStatus, actor: User, at: datetime, why: str) -> None:
    row.status, row.decided_at = how.value, at
    row.decided_by, row.decided_by_id = actor.get_username(), str(actor.pk)
    row.note = why.strip()[:MOST_NOTE]
    row.save(update_fields=["status", "decided_at", "decided_by", "decided_by_id", "note"])
    note(row, how.value, acting.of(actor), at, row.note)


def note(row: ProposedChange, verb: str, actor: Actor, at: datetime, why: str) -> None:
    """One event on the house's chain. Names of tools may be among its words, which are not for
    everybody.
    """
    data = {
        "id": row.pk,
        "what": row.what,
        "widens": row.lines,
        "by": row.proposed_by,
        "person": row.proposed_by_id,
        "why": why,
    }
    append.note(kind=f"change.{verb}", actor=actor, at=at, visibility=USER_HIDDEN, data=data)
