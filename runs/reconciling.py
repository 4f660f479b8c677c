"""Reconciliation: holds what the far side of each tool lists against the journal, and writes down
what differs, on its run or, where no run fits, on the house's own chain.

It undoes nothing and repeats nothing: a difference is a finding, which stays open until a person
closes it with a reason.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from console import figures
from console.journal import acting, append, restores
from console.journal.records import Actor
from console.live import apart, publish
from console.refused import Refused
from runs import run_rows
from runs.engine import reconciliation
from runs.engine.events import FindingClosed, FindingOpened
from runs.engine.ports import ListsEffects
from runs.engine.reconciliation import Span, Unlike
from runs.models import EffectFinding, Run
from runs.reading import call_courses
from runs.runtime import effect_lists
from runs.tools import registry
from runs.tools.placed import PlacedTool

GRACE = timedelta(minutes=2)
"""How old a thing has to be to be compared: far sides hear late, and by clocks of their own."""
MOST_REASON = 500
UNEXPLAINED = "Say what was the matter: the reason is kept with your name."
GONE = "There is no such finding."
CLOSED = "It was closed already, by {who} at {when}."


def go_round(now: datetime) -> int:
    """Reconcile every tool that can list its effects; gives how many findings are new. A tool that
    cannot be asked is left out and said so, and harms no other.
    """
    listing = [each for each in registry.discover().values() if each.spec.has_list_effects]
    return go_round_of([PlacedTool(each) for each in listing], now)


def go_round_of(tools: Iterable[ListsEffects], now: datetime) -> int:
    by_name = {tool.spec.name: tool for tool in tools}
    return apart.each(by_name, lambda name: reconcile(by_name[name], now), "the effects of").done


def reconcile(tool: ListsEffects, now: datetime) -> int:
    """Compare what this tool's far side lists with the journal; gives how many findings are new.
    Raises ToolError when there is no list.
    """
    since = call_courses.reaches_back_to(beginning(now))
    effects = effect_lists.asked(tool, since)
    known = call_courses.known(tool.spec.name, effects, since)
    span = Span(since, now - GRACE)
    found = reconciliation.compared(tool.spec.name, known.calls, effects, span, known.passed_over)
    fresh = unheard_of(tool.spec.name, found)
    living = call_courses.living(each.run for each in fresh)
    return sum(opened(each, each.run in living, now) for each in fresh)


def beginning(now: datetime) -> datetime:
    """Since when it is compared: some hours, and all that the journal lacks since an old backup was
    restored.
    """
    usual = now - timedelta(hours=settings.RECONCILE_HOURS)
    held = restores.standing()
    return min(usual, held.kept_at) if held and held.kept_at else usual


def unheard_of(tool: str, found: Iterable[Unlike]) -> list[Unlike]:
    """The differences that were not found before."""
    by_name = {(each.difference.value, each.key): each for each in found}
    there = EffectFinding.objects.filter(tool=tool, key__in=[key for _, key in by_name])
    for name in there.values_list("difference", "key"):
        by_name.pop(name, None)
    return list(by_name.values())


def opened(unlike: Unlike, of_a_run: bool, now: datetime) -> bool:
    """Write a difference down as a finding; False when somebody else has just done so."""
    try:
        with transaction.atomic():
            run = run_rows.locked(UUID(unlike.run)) if of_a_run else None
            finding = EffectFinding.objects.create(
                difference=unlike.difference.value,
                tool=unlike.tool,
                key=unlike.key,
                run=run.pk if run else None,
                call=unlike.call,
                step=unlike.step or None,
                effect_at=unlike.at,
                listed=unlike.words,
                opened_at=now,
            )
            written(finding, run, event_of(finding, unlike, now))
    except IntegrityError:
        return False
    return True


def event_of(finding: EffectFinding, unlike: Unlike, now: datetime) -> FindingOpened:
    return FindingOpened(
        at=now,
        finding=finding.pk,
        difference=unlike.difference,
        tool=unlike.tool,
        call=unlike.call,
        key=unlike.key,
        step=unlike.step or None,
        effect_at=unlike.at,
        listed=unlike.words,
    )


def close(*, finding_id: int, actor: AbstractBaseUser, at: datetime, reason: str) -> EffectFinding:
    """Close a finding: the actor has looked into it, and says what was the matter."""
    why = reason.strip()[:MOST_REASON]
    if not why:
        raise Refused(UNEXPLAINED)
    with transaction.atomic():
        run = run_of(finding_id)
        finding = EffectFinding.objects.select_for_update().filter(pk=finding_id).first()
        if finding is None:
            raise Refused(GONE)
        if finding.closed_at is not None:
            when = figures.hour(finding.closed_at)
            raise Refused(CLOSED.format(who=finding.closed_by, when=when))
        who = acting.of(actor)
        finding.closed_at, finding.closed_by, finding.reason = at, who.label, why
        finding.save(update_fields=["closed_at", "closed_by", "reason"])
        event = FindingClosed(
            at=at, actor=who.name, person=who.person, finding=finding.pk, note=why
        )
        written(finding, run, event)
    return finding


def run_of(finding_id: int) -> Run | None:
    """The finding's run, locked before the finding itself, as when it was written."""
    run = EffectFinding.objects.filter(pk=finding_id).values_list("run", flat=True).first()
    return run_rows.locked(run) if run else None


def written(finding: EffectFinding, run: Run | None, event: FindingOpened | FindingClosed) -> None:
    """Append the event to the finding's run, or to the house's chain."""
    if run is not None:
        still_open = EffectFinding.objects.filter(run=run.pk, closed_at__isnull=True).count()
        run_rows.write(run, [event], {"findings": still_open})
        return
    append.note(
        kind=event.kind,
        actor=Actor(event.actor, event.person),
        at=event.at,
        tool=finding.tool,
        data={
            "finding": finding.pk,
            "difference": finding.difference,
            "key": finding.key,
            "effect_at": figures.iso(finding.effect_at) if finding.effect_at else "",
            "listed": finding.listed,
            "note": finding.reason,
        },
    )
    transaction.on_commit(partial(publish.broadcast_refresh, "a finding of a reconciliation"))
