"""One request as the card shows it: what will happen, the form, why it is asked, the run so far,
what expiry does. Text only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from approvals import cards
from approvals.models import Request
from approvals.rules import answer_consequences, argument_form, arming, eligibility, headlines
from approvals.rules.answer_consequences import AnswerConsequence
from approvals.rules.argument_form import ArgumentField
from approvals.rules.card import CountedVote, HeldAnswer
from approvals.rules.headlines import Piece
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.withdrawal import Withdrawal
from approvals.selectors import (
    alike,
    background,
    card_texts,
    elsewhere,
    particulars,
    session_grants,
)
from approvals.selectors.background import Background
from approvals.selectors.elsewhere import SameCall
from approvals.selectors.particulars import Particulars
from approvals.selectors.session_grants import Yes
from approvals.selectors.tooling import schema_of
from console import figures
from console.journal.records import label_of
from console.journal.visibility import clearance_of
from policies.authority import Person
from runs.engine.vocabulary import AnswerAct, RunStatus
from runs.models import Run


@dataclass(frozen=True, slots=True)
class CastVote:
    who: str
    said: str
    when: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as one reader's card shows it at `now`.

    `why_not`: why this reader cannot decide, which stands beside the disabled buttons;
    `nobody_further`: why it cannot be escalated.
    `elsewhere`: what another run asked lately that does the same. `held`: the
    answer that is about to take effect; `withdraws`: this reader gave it and may undo it. `typed`,
    `errors` and `note` are those of a form that was refused. Reading it asks the database nothing.
    """

    request: Request
    run: Run
    now: datetime
    votes: Sequence[CountedVote]
    why_not: str
    ended: str
    orphaned: str
    evidence: Background
    standing: Sequence[Yes]
    alike: int
    own: Particulars
    fields: Sequence[ArgumentField]
    nobody_further: str = ""
    elsewhere: SameCall | None = None
    held: HeldAnswer | None = None
    withdraws: Withdrawal | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def is_open(self) -> bool:
        """Whether an answer is waited for."""
        return self.request.status == RequestStatus.OPEN and self.held is None

    @property
    def kind(self) -> str:
        return self.request.kind

    @property
    def args(self) -> Mapping[str, Any]:
        """The arguments as they stand: those that were decided on, once they were."""
        return standing_args(self.request)

    @property
    def headline(self) -> Sequence[Piece]:
        request = self.request
        return headlines.headline(RequestKind(self.kind), request.tool, self.args, request.call)

    @property
    def in_line(self) -> str:
        """The arguments in one line, for a phone."""
        return headlines.in_line(self.args)

    @property
    def asked(self) -> str:
        return figures.span(figures.since(self.request.asked_at, self.now))

    @property
    def asked_iso(self) -> str:
        return figures.iso(self.request.asked_at)

    @property
    def wants(self) -> str:
        return card_texts.wants(self.request)

    @property
    def agreed(self) -> str:
        return card_texts.agreed(self.request, self.votes)

    @property
    def expires(self) -> str:
        at = self.request.expires_at
        return figures.clock(figures.since(self.now, at)) if at else ""

    @property
    def expires_iso(self) -> str:
        at = self.request.expires_at
        return figures.iso(at) if at else ""

    @property
    def then(self) -> tuple[str, str]:
        return card_texts.then(self.request, self.run)

    @property
    def halted(self) -> str:
        """What a halt does to the call; empty while none holds it. Asks the database nothing."""
        return card_texts.waits(self.request, self.run)

    @property
    def came_to_nothing(self) -> str:
        """An earlier answer that never took effect, while another one is waited for."""
        return self.ended if self.is_open and self.request.held else ""

    @property
    def held_note(self) -> str:
        """What was written with the answer that is held back."""
        return str((self.request.held or {}).get("note", "")) if self.held else ""

    @property
    def outcome(self) -> card_texts.HowEnded:
        return card_texts.outcome(self.request)

    @property
    def editable(self) -> bool:
        return self.is_open and self.kind == RequestKind.CALL and not self.why_not

    @property
    def edited(self) -> bool:
        return any(each.edited for each in self.fields)

    @property
    def acts(self) -> frozenset[str]:
        found = card_texts.possible(self.request) if self.is_open else frozenset()
        return found - {AnswerAct.ESCALATE.value} if self.nobody_further else found

    @property
    def cast_votes(self) -> Sequence[CastVote]:
        return [cast_vote(vote, self.kind, self.now) for vote in self.votes]

    @property
    def held_back(self) -> bool:
        """Whether what decided took effect later than it was said, so that two times are shown."""
        ended = self.request.ended_at if self.request.status == RequestStatus.DECIDED else None
        return ended is not None and any(vote.at < ended for vote in self.votes[-1:])

    @property
    def undo(self) -> str:
        return card_texts.undoing(self.request)

    @property
    def consequences(self) -> Sequence[AnswerConsequence]:
        """What each answer does; none once nobody is asked any more."""
        if not self.is_open:
            return ()
        ended = self.run.status == RunStatus.STOPPED
        return answer_consequences.consequences(RequestKind(self.kind), ended=ended)

    @property
    def arms(self) -> Mapping[str, str]:
        one = self.request
        kind = RequestKind(one.kind)
        return arming.arms(kind, one.tool, self.args, effect=one.effect, undo=one.undo)

    @property
    def whole_error(self) -> str:
        """What is wrong with the form, and not with a single field of it."""
        return self.errors.get("", "")

    @property
    def raise_by(self) -> str:
        proposed = self.own.bucket.raise_by if self.own.bucket else ""
        return self.typed.get(argument_form.RAISE_BY) or proposed

    @property
    def limit(self) -> str:
        return self.typed.get("standing_limit", "")

    @property
    def free(self) -> frozenset[str]:
        return frozenset(self.typed.get("standing_free", "").split("\0"))

    @property
    def came_back(self) -> str:
        return self.typed.get("came_back", "")


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
    run, votes = request.run, cards.votes_of(request)
    held = cards.held_of(request) if request.status == RequestStatus.OPEN else None
    is_open = request.status == RequestStatus.OPEN and held is None
    who = cards.person_of(user)
    why_not = refused(request, run, who, votes, now) if is_open else ""
    return Shown(
        request=request,
        run=run,
        now=now,
        votes=votes,
        why_not=why_not,
        ended="" if is_open and not request.held else ending(request, user),
        nobody_further=nobody_further(request, run, who) if is_open and not why_not else "",
        elsewhere=elsewhere.of([request], user, now).get(request.pk),
        held=held,
        withdraws=withdrawal_by(user, request, held),
        orphaned=eligibility.orphaned(cards.card_of(request, run)) if is_open else "",
        evidence=background.of(request, run, user),
        standing=session_grants.of_run(run.pk),
        alike=alike.how_many_alike(request, user) - 1 if is_open and not why_not else 0,
        own=particulars.of(request, run, user, now),
        fields=formed(request, typed, errors),
        typed=typed or {},
        errors=errors or {},
        note=note,
    )


def standing_args(request: Request) -> Mapping[str, Any]:
    """The arguments of a request as they stand: those that were decided on, once they were."""
    decided = None if request.status == RequestStatus.OPEN else request.decided_args
    args: Mapping[str, Any] = request.args if decided is None else decided
    return args


def cast_vote(vote: CountedVote, kind: str, now: datetime) -> CastVote:
    """One vote as the card shows it. A vote that counts no more, since its voter could not give it
    now, says so.
    """
    stale = "" if vote.stands else "; counts no more, they may not decide now"
    did = eligibility.did(vote.act, kind) + stale
    return CastVote(vote.name, did, f"{vote.at:%H:%M:%S} UTC{figures.day(vote.at, now)}")


def formed(
    request: Request, typed: Mapping[str, str] | None, errors: Mapping[str, str] | None
) -> list[ArgumentField]:
    schema = schema_of(request) if request.kind == RequestKind.CALL else {}
    args, sources = standing_args(request), card_texts.sources(request)
    return argument_form.fields(
        schema, request.proposed, args, typed=typed, errors=errors, sources=sources
    )


def refused(
    request: Request, run: Run, person: Person, votes: Sequence[CountedVote], now: datetime
) -> str:
    """Why this reader cannot decide; empty when they can."""
    card = cards.card_of(request, run)
    no = eligibility.barred(card, votes, person, now)
    return no.sentence if no else ""


def nobody_further(request: Request, run: Run, who: Person) -> str:
    """Why this reader could not escalate it now; empty where it was already. One query at most."""
    if request.escalated:
        return ""
    people = cards.deciders_in(request.escalate_to)
    return eligibility.nobody_further(cards.asking(request, run), people, who)


def withdrawal_by(user: User, request: Request, held: HeldAnswer | None) -> Withdrawal | None:
    """What this reader may undo."""
    mine = held is not None and held.voter == str(user.pk)
    return Withdrawal((request.pk,), held.until) if held and mine else None


def answered(held: Mapping[str, Any], kind: str, user: User) -> str:
    """`You denied it at 2026-11-29 14:07:12 UTC`, from an answer that has not taken effect."""
    who = "You" if held["by"] == str(user.pk) else label_of(held["name"])
    did = eligibility.did(held["act"], kind)
    return f"{who} {did} at {figures.moment(datetime.fromisoformat(held['at']))}"


def ending(request: Request, user: User) -> str:
    """Who decided and when, or what else became of it; also of an answer that came to nothing."""
    if request.held is None:
        return ended(request, user)
    said = answered(request.held, request.kind, user)
    if request.held_until is not None and request.status == RequestStatus.OPEN:
        return f"{said}."
    before = "" if request.status == RequestStatus.OPEN else f"{ended(request, user)} "
    return f"{before}{said}; that did not take effect."


def ended(request: Request, user: User) -> str:
    who = label_of(request.decided_by)
    when = f" at {figures.moment(request.ended_at)}" if request.ended_at else ""
    if request.status == RequestStatus.DECIDED:
        return f"{who} {eligibility.did(request.act, request.kind)}{when}."
    if request.status == RequestStatus.EXPIRED:
        return (
            f"Nobody decided in time{when}: {background.after_expiry(request, clearance_of(user))}."
        )
    return f"Closed{when}. {request.note}"
