"""One request as the card shows it: what will happen, the form, why it is asked, the run so far,
what expiry does. Text only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User

from approvals import cards
from approvals.models import Request
from approvals.rules import answer_consequences, argument_form, arming, eligibility, headlines
from approvals.rules.answer_consequences import AnswerConsequence
from approvals.rules.argument_form import ArgumentField
from approvals.rules.card import CountedVote
from approvals.rules.headlines import Piece
from approvals.rules.request_vocabulary import FITTING, YES, OnExpiry, RequestKind, RequestStatus
from approvals.selectors import alike, background, particulars, session_grants
from approvals.selectors.background import Background
from approvals.selectors.particulars import NOTHING_MORE, Particulars
from approvals.selectors.session_grants import Yes
from approvals.selectors.tooling import schema_of
from console import figures
from console.journal.visibility import clearance_of
from policies.authority import Person
from runs.engine.vocabulary import AnswerAct
from runs.models import Run

THEN = {
    OnExpiry.DENY: "deny and go on",
    OnExpiry.STOP: "stop the run",
    OnExpiry.ESCALATE: "ask {group}",
}


@dataclass(frozen=True, slots=True)
class CastVote:
    who: str
    said: str
    when: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything on the card. `why_not`: why this reader cannot decide, which stands beside the
    disabled buttons.
    """

    request: Request
    run: Run
    kind: str
    is_open: bool
    headline: Sequence[Piece]
    asked: str
    asked_iso: str
    wants: str
    agreed: str
    expires: str
    expires_iso: str
    then: str
    fields: Sequence[ArgumentField]
    editable: bool
    edited: bool
    acts: frozenset[str]
    why_not: str
    ended: str
    cast_votes: Sequence[CastVote]
    evidence: Background
    undo: str
    errors: Mapping[str, str] = field(default_factory=dict)
    whole_error: str = ""
    standing: Sequence[Yes] = ()
    alike: int = 0
    own: Particulars = NOTHING_MORE
    raise_by: str = ""
    limit: str = ""
    free: frozenset[str] = frozenset()
    consequences: Sequence[AnswerConsequence] = ()
    note: str = ""
    came_back: str = ""
    arms: Mapping[str, str] = field(default_factory=dict)
    orphaned: str = ""


def found(request_id: int) -> Request | None:
    return (
        Request.objects.select_related("run__agent", "run__principal").filter(pk=request_id).first()
    )


def shown(
    request: Request,
    user: User,
    now: datetime,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    note: str = "",
) -> Shown:
    """The card for one reader; `typed`, `errors` and `note` are those of a
    form that was refused."""
    run, person, votes = request.run, cards.person_of(user), cards.votes_of(request)
    is_open, kind = request.status == RequestStatus.OPEN, RequestKind(request.kind)
    args = request.args if is_open or request.decided_args is None else request.decided_args
    why_not = refused(request, run, person, votes, now) if is_open else ""
    own = particulars.of(request, run, user, now)
    asked_form = formed(request, args, typed, errors)
    return Shown(
        request=request,
        run=run,
        kind=request.kind,
        is_open=is_open,
        headline=headlines.headline(kind, request.tool, args, request.call),
        asked=figures.clock(figures.since(request.asked_at, now)),
        asked_iso=figures.iso(request.asked_at),
        wants=wants(request),
        agreed=agreed(request, votes),
        expires=figures.clock(figures.since(now, request.expires_at)) if request.expires_at else "",
        expires_iso=figures.iso(request.expires_at),
        then=then(request),
        fields=asked_form,
        editable=is_open and kind is RequestKind.CALL and not why_not,
        edited=any(each.edited for each in asked_form),
        acts=possible(request) if is_open else frozenset(),
        why_not=why_not,
        ended="" if is_open else ending(request, user),
        cast_votes=[cast_vote(vote, now) for vote in votes],
        evidence=background.of(request, run, user),
        undo=undoing(request),
        errors=errors or {},
        whole_error=(errors or {}).get("", ""),
        standing=session_grants.of_run(run.pk),
        alike=alike.how_many_alike(request) - 1 if is_open and not why_not else 0,
        own=own,
        raise_by=(typed or {}).get(argument_form.RAISE_BY)
        or (own.bucket.raise_by if own.bucket else ""),
        limit=(typed or {}).get("standing_limit", ""),
        free=frozenset((typed or {}).get("standing_free", "").split("\0")),
        consequences=answer_consequences.consequences(kind, ended=run.status == "stopped")
        if is_open
        else (),
        note=note,
        came_back=(typed or {}).get("came_back", ""),
        orphaned=eligibility.orphaned(cards.card_of(request, run)) if is_open else "",
        arms=arming.arms(kind, request.tool, args, effect=request.effect, undo=request.undo),
    )


def cast_vote(vote: CountedVote, now: datetime) -> CastVote:
    """One vote as the card shows it. A vote that counts no more, since its voter could not give it
    now, says so.
    """
    stale = "" if vote.stands else "; counts no more, they may not decide now"
    did = eligibility.DONE.get(vote.act, vote.act) + stale
    return CastVote(vote.name, did, f"{vote.at:%H:%M:%S}{figures.day(vote.at, now)}")


def then(request: Request) -> str:
    """What the clock does when nobody decides; empty without a limit."""
    return (
        THEN[OnExpiry(request.on_expiry)].format(group=request.escalate_to)
        if request.expires_at
        else ""
    )


def possible(request: Request) -> frozenset[str]:
    return frozenset(
        act.value
        for act in FITTING[RequestKind(request.kind)]
        if act is not AnswerAct.ESCALATE or not request.escalated
    )


def formed(
    request: Request,
    args: Mapping[str, object],
    typed: Mapping[str, str] | None,
    errors: Mapping[str, str] | None,
) -> list[ArgumentField]:
    schema = schema_of(request) if request.kind == RequestKind.CALL else {}
    return argument_form.fields(
        schema, request.proposed, args, typed=typed, errors=errors, sources=sources(request)
    )


def sources(request: Request) -> dict[str, str]:
    """By argument, where its tainted value was first seen."""
    found: dict[str, str] = {}
    for mark in request.facts.get("tainted") or ():
        if isinstance(mark, Mapping):
            name = (
                str(mark.get("path", ""))
                .removeprefix("args")
                .lstrip(".")
                .replace("[", ".")
                .split(".")[0]
            )
            where = f"{mark.get('tool', 'a tool')}, step {mark.get('step', '?')}"
            found.setdefault(name, f"first seen in a tool result ({where}), not in the goal")
    return found


def refused(
    request: Request, run: Run, person: Person, votes: Sequence[CountedVote], now: datetime
) -> str:
    """Why this reader cannot decide; empty when they can."""
    card = cards.card_of(request, run)
    no = eligibility.barred(card, votes, person, now)
    return no.sentence if no else ""


def wants(request: Request) -> str:
    """`any 1 of`, `stage 2 of 2, 3 of`, `escalated, any 1 of`: the group's name follows.

    What was escalated is no further stage.
    """
    planned = len(request.stages) - request.escalated
    stages = (
        f"stage {request.stage + 1} of {planned}, "
        if planned > 1 and request.stage < planned
        else ""
    )
    stages = "escalated, " if request.escalated and request.stage >= planned else stages
    return stages + ("any 1 of" if request.quorum == 1 else f"{request.quorum} of")


def agreed(request: Request, votes: Sequence[CountedVote]) -> str:
    """How many of several have agreed to the arguments as they stand; empty when one is enough."""
    cast_votes = {
        vote.voter
        for vote in votes
        if vote.stands
        and vote.stage == request.stage
        and vote.act in YES
        and vote.args == request.args
    }
    return f"{len(cast_votes)} agreed so far" if request.quorum > 1 else ""


def undoing(request: Request) -> str:
    if request.kind == RequestKind.IN_DOUBT:
        return (
            "Look at the other side before you answer: a wrong word doubles the call or loses it."
        )
    if request.kind != RequestKind.CALL:
        return ""
    if request.undo:
        return "Can be undone: a kill of the run takes it back."
    return (
        "Cannot be undone."
        if request.effect == "irreversible"
        else "Changes nothing outside."
        if request.effect == "read"
        else "The tool has no undo."
    )


def ending(request: Request, user: User) -> str:
    who = request.decided_by.removeprefix("user:")
    when = f" at {figures.moment(request.ended_at)}" if request.ended_at else ""
    if request.status == RequestStatus.DECIDED:
        return f"{who} {eligibility.DONE.get(request.act, 'decided it')}{when}."
    if request.status == RequestStatus.EXPIRED:
        return (
            f"Nobody decided in time{when}: {background.after_expiry(request, clearance_of(user))}."
        )
    return f"Closed{when}. {request.note}"


def money(usd: Decimal, most: Decimal) -> str:
    return f"{figures.money(usd)} of {figures.money(most)}"
