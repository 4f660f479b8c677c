"""Proposed changes: what waits for a second person, and what became of the others. Everybody sees
those that they could make themselves, and their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from console import figures, permits
from console.journal import database_clock
from console.pages.own import own
from console.refused import Refused
from console.signing_in import confirming
from policies.current.four_eyes import proposable_acts, proposals, rules
from policies.current.four_eyes.models import FourEyesRule, ProposedChange
from policies.current.four_eyes.rules import ChangeStatus, WideningKind
from runs.reading.pills import Pill

MOST, MOST_NAMED = 50, 5
THEN = "the right to make the change alone, and not to have proposed it"
ALONE = (
    "Nobody else may confirm it. Give somebody the role, or switch the rule off on the machine with"
    " manage.py four_eyes; both are journalled."
)
PILLS = {
    ChangeStatus.OPEN: Pill("hourglass", "Waits", "person", "A second person has to confirm it."),
    ChangeStatus.CONFIRMED: Pill("circle-check", "Confirmed", "running", "It is in force."),
    ChangeStatus.REFUSED: Pill("circle-x", "Refused", "bad", "It was not done."),
    ChangeStatus.WITHDRAWN: Pill("undo-2", "Withdrawn", "ended", "It was not done."),
    ChangeStatus.EXPIRED: Pill("circle-dashed", "Expired", "ended", "Nobody confirmed it in time."),
    ChangeStatus.STALE: Pill(
        "circle-dashed", "Overtaken", "ended", "Something under it was changed."
    ),
}
SAID = {
    "confirm": (proposals.confirm, "Confirmed: it is in force."),
    "refuse": (proposals.refuse, "Refused: nothing is changed."),
    "withdraw": (proposals.withdraw, "Withdrawn: nothing is changed."),
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A proposed change in words. `no`: why this reader cannot confirm it; empty when they can."""

    id: int
    what: str
    kind: str
    pill: Pill
    by: str
    since: str
    since_text: str
    left: str
    left_text: str
    lines: Sequence[Sequence[str]]
    saved: Sequence[Sequence[str]]
    reason: str
    ended: str
    note: str
    open: bool
    mine: bool
    no: str = ""
    may_refuse: bool = False
    others: str = ""


@permits.reads(proposals.SEES)
def changes(request: HttpRequest) -> HttpResponse:
    """Those that wait, the oldest first, and the last that are over."""
    now, who = database_clock.now(), own(request)
    found = list(seen(who))
    waits = [row for row in reversed(found) if waiting(row, now)]
    over = [row for row in found if not waiting(row, now)]
    context = {
        "open": [row_of(row, who, now) for row in waits],
        "over": [row_of(row, who, now) for row in over[:MOST]],
        "rules": rules_in_force(),
    }
    return render(request, "policies/changes.html", context)


@permits.reads(proposals.SEES)
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    found, who = one(request, change_id), own(request)
    context = {"change": answered(found, who, database_clock.now())}
    return render(request, "policies/change.html", context)


@require_POST
@permits.asks(proposals.SEES, then=THEN)
@confirming.confirmed
def change_decide(request: HttpRequest, change_id: int) -> HttpResponse:
    """Confirm it, refuse it or withdraw it, as `answer` says."""
    found = one(request, change_id)
    answer = request.POST.get("answer", "")
    if answer not in SAID:
        raise Refused("Say whether it is confirmed, refused or withdrawn.")
    act, said = SAID[answer]
    at, why = database_clock.now(), request.POST.get("why", "")
    act(change=found.pk, actor=own(request), at=at, why=why)
    messages.success(request, said)
    return HttpResponseRedirect(reverse("change", args=[found.pk]))


def one(request: HttpRequest, change_id: int) -> ProposedChange:
    found = ProposedChange.objects.filter(pk=min(change_id, 2**31 - 1)).first()
    if found is None or not proposals.shown_to(found, own(request)):
        raise Http404("there is no such change")
    return found


def seen(who: User) -> list[ProposedChange]:
    """What waits, and the last that are over, newest first."""
    waits = Q(status=ChangeStatus.OPEN.value)
    found = [
        *ProposedChange.objects.filter(waits),
        *ProposedChange.objects.exclude(waits)[: 4 * MOST],
    ]
    return sorted(
        (row for row in found if proposals.shown_to(row, who)), key=lambda row: row.pk, reverse=True
    )


def waiting(row: ProposedChange, now: datetime) -> bool:
    return row.status == ChangeStatus.OPEN and row.expires_at > now


def open_for(who: User) -> int:
    """How many changes wait that this person sees."""
    if not who.has_perm(proposals.SEES):
        return 0
    still = proposals.still_open().filter(expires_at__gt=database_clock.now())
    return sum(proposals.shown_to(row, who) for row in still)


def rules_in_force() -> list[str]:
    found = FourEyesRule.objects.filter(enabled=True).values_list("kind", flat=True)
    return [WideningKind(kind).words for kind in found]


def row_of(row: ProposedChange, who: User, now: datetime) -> ChangeRow:
    waits = waiting(row, now)
    over = ChangeStatus.EXPIRED if row.status == ChangeStatus.OPEN else ChangeStatus(row.status)
    decided = f"{row.decided_by} at {figures.moment(row.decided_at)}" if row.decided_at else ""
    return ChangeRow(
        id=row.pk,
        what=row.what,
        kind=WideningKind(row.kind).words,
        pill=PILLS[ChangeStatus.OPEN if waits else over],
        by=row.proposed_by,
        since=figures.iso(row.proposed_at),
        since_text=figures.span(figures.since(row.proposed_at, now)),
        left=figures.iso(row.expires_at) if waits else "",
        left_text=figures.clock(figures.since(now, row.expires_at)) if waits else "",
        lines=row.lines,
        saved=row.saved,
        reason=row.reason,
        ended=decided if row.decided_by else "",
        note=row.note,
        open=waits,
        mine=row.proposed_by_id == str(who.pk),
    )


def answered(row: ProposedChange, who: User, now: datetime) -> ChangeRow:
    """The change with what this reader may do about it, and who else may confirm it."""
    shown = row_of(row, who, now)
    if not shown.open:
        return shown
    act = proposable_acts.named(row.act)
    second = proposable_acts.second(act, row.args, who)
    stands = proposals.position(row, act, proposals.author(row))
    return replace(
        shown,
        no=rules.confirming(stands, proposals.confirmer(row, who, now), now),
        may_refuse=not shown.mine and not rules.refusing(stands, second, now),
        others=others(row, now),
    )


def others(row: ProposedChange, now: datetime) -> str:
    """Who may confirm it, those who may only later with their time; or the way on where nobody
    may.
    """
    later = proposals.let_in_lately(row.proposed_by_id, now)
    found = sorted(
        proposals.confirmers(row.rights, but=row.proposed_by_id), key=lambda each: each.pk in later
    )
    names = [
        f"{each.get_username()} (from {figures.moment(later[each.pk])} on)"
        if each.pk in later
        else each.get_username()
        for each in found[:MOST_NAMED]
    ]
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"{', '.join(names)}{more}" if names else ALONE


def suggested(who: User) -> int:
    """How many people could confirm each other's changes where no rule is in force; 0 where one is,
    where there are fewer than two, or for whoever does not see the rules.
    """
    if not who.has_perm(proposals.SEES_ALL) or FourEyesRule.objects.filter(enabled=True).exists():
        return 0
    found = len(proposals.confirmers(["policies.change_foureyesrule"], but="0"))
    return found if found > 1 else 0
