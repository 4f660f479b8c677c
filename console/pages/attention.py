"""Runs that stand still until a person acts, as rows of the fleet: single runs by what is at stake,
the runs of a halt lever together.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse

from approvals.models import Request
from approvals.rules import headlines, request_vocabulary, stakes
from approvals.selectors import open_questions, queue
from console import figures
from console.journal import any_of
from console.journal.kept_reads import KeptRead
from console.pages import halt_pages
from policies.halts.models import Halt
from runs.engine.vocabulary import RunStatus, StopReason, Waiting
from runs.models import Run
from runs.reading import doubt, halted, redaction, standing_runs
from runs.reading.fleet_rows import AskedCall
from runs.reading.halted import Halted
from runs.reading.pills import Pill, pill
from runs.reading.readers import PageReader
from runs.run_authority import DECIDES

MOST = 5
MOST_WEIGHED = 500
SHORT = 2_000
"""Arguments as long are remembered with what is at stake in them."""
HALTED = Pill("octagon-alert", "Halted", "bad", "It was halted; its state is saved.")
PAUSED = {
    StopReason.LOOP_DETECTED: ("is in a loop and was paused", "Review", "#evidence"),
    StopReason.NO_PROGRESS: ("makes no progress and was paused", "Review", "#evidence"),
    StopReason.DRIFTED: ("left its goal and was paused", "Look", ""),
    StopReason.ACCEPTANCE_FAILED: ("gave an answer that was not accepted", "Look", ""),
    StopReason.BUDGET_EXCEEDED: ("was paused by a budget", "Look", ""),
    StopReason.TIMEOUT: ("was paused by a budget of running time", "Look", ""),
    StopReason.RETRY_LIMIT_REACHED: ("has used up its retries and was paused", "Look", ""),
    StopReason.CIRCUIT_OPEN: ("needs a tool that is cut off and was paused", "Look", ""),
}


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that stands still until a person acts. `who` is the agent, or the call that it asks
    for, of which `what` says no more.
    """

    pill: Pill
    tone: str
    who: str
    what: str
    tool: str
    why: str
    since: str
    since_text: str
    verb: str
    url: str
    left: str = ""
    left_iso: str = ""


def first(now: datetime, *, approvals: int) -> list[Run]:
    """The runs that are shown. `approvals`: how many runs wait for one."""
    return standing_runs.attention(MOST, urgent(now) if approvals > 1 else ())


def shown(
    who: PageReader, now: datetime, runs: Sequence[Run], cards: Mapping[UUID, Request]
) -> dict[str, Any]:
    """The rows, levers first, since releasing one moves all its runs."""
    rows = [of_run(run, now, who, cards.get(run.pk)) for run in runs]
    return {"attention": [*of_levers(halted.by_lever(), who, now), *rows]}


def urgent(now: datetime) -> list[UUID]:
    """The runs whose open calls have most at stake, among those that expire next. One query,
    however many are open.
    """
    with connection.cursor() as cursor:
        cursor.execute(*expiring())
        found = cursor.fetchall()
    weighed: dict[str, float] = {}
    for run, args, effect, expires_at in found:
        at_stake = amount(args) if len(args) <= SHORT else amount.__wrapped__(args)
        urgency = stakes.urgency(at_stake, effect, expires_at, now)
        weighed[run] = max(weighed.get(run, 0.0), urgency)
    most = sorted(weighed, key=lambda run: weighed[run], reverse=True)[: MOST + 1]
    return [UUID(run) for run in most]


@functools.cache
def expiring() -> tuple[str, Sequence[Any]]:
    """The statement for the open calls that expire next, made once."""
    open_calls = Request.objects.filter(
        status=request_vocabulary.RequestStatus.OPEN,
        kind=request_vocabulary.RequestKind.CALL,
        drill=False,
    ).order_by("due", "id")
    said = open_calls.annotate(said=Cast("args", TextField()), of=Cast("run_id", TextField()))
    found = said.values_list("of", "said", "effect", "expires_at")[:MOST_WEIGHED]
    text: tuple[str, Sequence[Any]] = found.query.sql_with_params()
    return text


@functools.lru_cache(maxsize=4 * MOST_WEIGHED)
def amount(args: str) -> float:
    """What is at stake in a call with these arguments: the same ones are weighed at each look."""
    return stakes.amount(json.loads(args))


def asking(runs: Sequence[Run]) -> list[Run]:
    """Those of the runs that wait with a call for a person."""
    return [run for run in runs if run.waiting_for == Waiting.APPROVAL]


def asked_calls(runs: Sequence[Run], cards: Mapping[UUID, Request]) -> Mapping[UUID, AskedCall]:
    """The call that each of these runs waits with for a person, by what was asked."""
    return {
        run.pk: AskedCall(headline(card), queue.address(queue.EVERYTHING, card.pk))
        for run in asking(runs)
        if (card := cards.get(run.pk))
    }


def headline(card: Request) -> str:
    """What the call of the card would do. The same cards are shown at each look."""
    args = json.dumps(card.args)
    said = _headline if len(args) <= SHORT else _headline.__wrapped__
    return said(card.kind, card.tool, args)


@functools.lru_cache(maxsize=MOST_WEIGHED)
def _headline(kind: str, tool: str, args: str) -> str:
    return headlines.said(request_vocabulary.RequestKind(kind), tool, json.loads(args))


def cards_of(runs: Sequence[Run], who: PageReader) -> Mapping[UUID, Request]:
    """The oldest request of each run, for readers who may see it."""
    if not runs or not who.user.has_perm(open_questions.SEES):
        return {}
    return {each.run_id: each for each in _cards(any_of.listed(run.pk for run in runs))}


_cards = KeptRead(
    lambda: (
        Request.objects.filter(
            any_of.keys((), "run_id"), status=request_vocabulary.RequestStatus.OPEN
        )
        .order_by("-asked_at")
        .only("run_id", "kind", "line", "tool", "args", "expires_at", "asked_at")
    ),
    any_of.listed(()),
)


def of_levers(found: Sequence[Halted], who: PageReader, now: datetime) -> list[Attention]:
    pulled = (
        {row.pk: row for row in Halt.objects.filter(pk__in=[each.lever for each in found])}
        if found
        else {}
    )
    return [of_lever(each, pulled[each.lever], who, now) for each in found if each.lever in pulled]


def of_lever(found: Halted, row: Halt, who: PageReader, now: datetime) -> Attention:
    notice = halt_pages.notice(row, sees_tools=who.sees_tools)
    standing, may_pull = row.released_at is None, who.user.has_perm(halt_pages.MAY_PULL)
    what = "is paused by a halt" if found.runs == 1 else "are paused by a halt"
    return Attention(
        pill=HALTED,
        tone=HALTED.tone,
        who=figures.plural(found.runs, "run"),
        what=what if standing else f"{what} that is off again",
        tool="",
        why=f"{notice.what} {notice.by} at {notice.clock} UTC: {figures.cut(notice.reason, 120)}",
        since=figures.iso(found.since),
        since_text=figures.span(figures.since(found.since, now)),
        verb="Turn off…" if standing and may_pull else "Show",
        url=reverse("halt_release", args=[row.pk])
        if standing and may_pull
        else f"{reverse('fleet')}?view=paused",
    )


def of_run(run: Run, now: datetime, who: PageReader, card: Request | None = None) -> Attention:
    look, (what, verb, part) = pill(run), needs(run)
    settles = who.user.has_perm(DECIDES) if card else who.operates
    verb = verb if settles or verb != "Settle" else "Look"
    answered = verb == "Look" and card
    at_work = run.status != RunStatus.PAUSED and not run.findings
    named = bool(run.tool) and who.sees_tools and at_work
    call = headline(card) if card and run.waiting_for == Waiting.APPROVAL else ""
    why = run.agent.title if call else reason(run, look, who, card)
    return Attention(
        pill=look,
        tone=look.tone,
        who=call or run.agent.title,
        what="" if call else f"{what}:" if named else what,
        tool=run.tool if named and not call else "",
        why=f"{why.rstrip('.')} · step {run.step} · {figures.cut(run.goal, 80)}",
        since=figures.iso(run.phase_at),
        since_text=figures.span(figures.since(run.phase_at, now)),
        left=figures.clock(figures.since(now, card.expires_at)) if card and card.expires_at else "",
        left_iso=figures.iso(card.expires_at) if card else "",
        verb="Review" if answered else verb,
        url=queue.address(queue.EVERYTHING, card.pk)
        if card and answered
        else f"{reverse('runs:run', args=[run.id])}{part}",
    )


def reason(run: Run, look: Pill, who: PageReader, card: Request | None) -> str:
    """Why it stands still, as far as the reader may know."""
    return (
        (card.line if card and run.status == RunStatus.WAITING else "")
        or redaction.detail(run, sees_tools=who.sees_tools)
        or look.sentence
    )


def needs(run: Run) -> tuple[str, str, str]:
    """What happened to the run, the verb that fits, and the part of its page to look at."""
    if run.late:
        return "had a call come back late: it may have been done twice", "Look", ""
    if run.leftover:
        return "did something that could not be undone", "Look", ""
    if run.findings:
        return "differs from what a far side lists", "Look", ""
    if run.waiting_for == Waiting.UNDO:
        return "has ended and asks whether what it did is undone", "Look", ""
    if run.status == RunStatus.STOPPED:
        return "was killed during a call", "Settle", ""
    if run.waiting_for == Waiting.IN_DOUBT:
        return (
            "does not know whether an undo happened"
            if doubt.of_undo(run)
            else "was stopped during a call"
            if run.status == RunStatus.COMPENSATING
            else "lost its worker during a call",
            "Settle",
            "",
        )
    if run.status == RunStatus.PAUSED:
        return (
            PAUSED.get(StopReason(run.stop_reason), ("was paused", "Look", ""))
            if run.stop_reason
            else ("was paused", "Look", "")
        )
    return "asks for approval", "Look", ""
