"""Whether a person may give an answer to a card now. Pure; arguments are judged elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from approvals.rules.card import Answer, Card, CountedVote, HeldAnswer
from approvals.rules.refusal_sentences import Reason, Refusal
from approvals.rules.request_vocabulary import FITTING, SETTLING, YES, RequestKind, RequestStatus
from approvals.rules.terms import ApprovalStage, Terms
from console import figures
from console.journal.records import label_of
from policies import authority
from policies.authority import Person, Why
from policies.json_schema.equality_key import equal
from runs.engine.vocabulary import AnswerAct

DONE: dict[str, str] = {
    AnswerAct.APPROVE: "approved it",
    AnswerAct.EDIT: "approved it with changes",
    AnswerAct.DENY: "denied it",
    AnswerAct.RESPOND: "answered it in words",
    AnswerAct.STOP: "stopped the run",
    AnswerAct.ESCALATE: "escalated it",
    AnswerAct.HAPPENED: "said that it happened",
    AnswerAct.DID_NOT: "said that it did not happen",
    AnswerAct.UNKNOWN: "said that nobody can tell whether it happened",
    AnswerAct.RESUME: "resumed the run",
}
GOES_ON = (RequestKind.LOOP, RequestKind.BUDGET)
"""Nobody approves a loop, or that a budget is used up: a yes lets the run go on."""
NOBODY_THERE = "nobody who may decide is in that group"
STARTED_IT = "the only one there who may decide started this run"
ONLY_YOU = "you are the only one there who may decide"


def did(act: str, kind: str) -> str:
    """What somebody did who gave such a request this answer."""
    goes_on = act == AnswerAct.APPROVE and kind in GOES_ON
    return "let it continue" if goes_on else DONE.get(act, "decided it")


def refused(
    card: Card, votes: Sequence[CountedVote], who: Person, answer: Answer, now: datetime
) -> Refusal | None:
    """Why the answer is refused, None when it is not: first by who answers, then by whether there
    is still something to decide, then by whether they saw what they answer.
    """
    return (
        barred(card, votes, who, now)
        or unseen(card, votes, who, answer, now)
        or unfit(card, answer)
    )


def barred(card: Card, votes: Sequence[CountedVote], who: Person, now: datetime) -> Refusal | None:
    """The refusal that is known before they answer. Whether they started the run matters only while
    there is something to decide.
    """
    no = authority.decides(who, card.question)
    refusal = Refusal(Reason(no.why.value), no.sentence) if no else None
    return refusal if no and no.why is not Why.OWN_RUN else over(card, votes, who, now) or refusal


def over(card: Card, votes: Sequence[CountedVote], who: Person, now: datetime) -> Refusal | None:
    """The refusal when nothing is left to decide: why, and who was faster."""
    if card.status is RequestStatus.OPEN:
        if card.killed:
            return Refusal(
                Reason.KILLED,
                "A kill was requested for this run; nothing it asked for will be done any more.",
            )
        if card.expires_at is not None and now >= card.expires_at:
            return Refusal(
                Reason.EXPIRED,
                f"Its time was over at {clock(card.expires_at, now)}; your answer came too late and"
                " changed nothing.",
            )
        return taken_already(card.held, who, now) if card.held else None
    if card.status is RequestStatus.EXPIRED:
        return Refusal(
            Reason.EXPIRED, f"It expired{at(card, now)} before your answer; nothing was changed."
        )
    if card.status is RequestStatus.CLOSED:
        return Refusal(
            Reason.CLOSED,
            f"It was closed{at(card, now)}: {card.why or 'the run went on without it.'} Your answer"
            " changed nothing.",
        )
    if card.decider == who.id or any(vote.voter == who.id for vote in votes):
        return Refusal(
            Reason.REPLAYED, f"This form was used already, {done(card, who, now)}. It counts once."
        )
    return Refusal(
        Reason.DECIDED, f"Too late: {done(card, who, now)}. Your answer changed nothing."
    )


def taken_already(held: HeldAnswer, who: Person, now: datetime) -> Refusal:
    """The refusal of a further answer while the first one is about to take effect."""
    did = f"{DONE.get(held.act, 'decided it')} at {clock(held.at, now)}"
    if held.voter == who.id:
        return Refusal(
            Reason.REPLAYED, f"You {did}. Undo that first if you want to answer differently."
        )
    return Refusal(
        Reason.HELD,
        f"Too late: {label_of(held.name)} {did}. It takes effect at {clock(held.until, now)},"
        " unless they undo it. Your answer changed nothing.",
    )


def unseen(
    card: Card, votes: Sequence[CountedVote], who: Person, answer: Answer, now: datetime
) -> Refusal | None:
    """The refusal of an answer to another card than the one that was shown, of a second yes by one
    person, in whatever stage, or of the yes of whoever passed it on.
    """
    if answer.digest != card.digest:
        return Refusal(
            Reason.STALE,
            "This form belongs to another action than the one that is asked for now. Look at the"
            " card again.",
        )
    if answer.act in YES and any(
        vote.voter == who.id and vote.act is AnswerAct.ESCALATE for vote in votes
    ):
        return Refusal(
            Reason.VOTED,
            f"You escalated this to “{card.asks.group}”, so somebody else of them has to agree.",
        )
    standing = next((vote for vote in votes if vote.voter == who.id and counts(card, vote)), None)
    if (
        standing is not None
        and answer.act in YES
        and (answer.version != card.version or same(card, answer))
    ):
        more = f"{needed(card, votes)} more of “{card.asks.group}” must agree"
        return Refusal(Reason.VOTED, f"You said yes to this at {clock(standing.at, now)}; {more}.")
    if answer.version != card.version:
        return Refusal(
            Reason.STALE,
            "This card has changed since you opened it. Look at it again before you decide.",
        )
    return None


def unfit(card: Card, answer: Answer) -> Refusal | None:
    if answer.act not in FITTING[card.kind]:
        return Refusal(
            Reason.UNFIT, f"“{answer.act.replace('_', ' ')}” is no answer to this kind of request."
        )
    if answer.act in SETTLING and not answer.note:
        return Refusal(
            Reason.WORDLESS,
            "Say how you know; it is kept with your word.",
            {"note": "Say how you know, or where you looked."},
        )
    if card.orphaned and answer.act in YES:
        return Refusal(Reason.ORPHANED, orphaned(card))
    if answer.act is AnswerAct.RESPOND and not answer.note:
        return Refusal(
            Reason.WORDLESS,
            "To reply, write what the agent should read.",
            {"note": "Write what the agent should read."},
        )
    if answer.act is AnswerAct.ESCALATE and card.escalated:
        return Refusal(Reason.UNFIT, f"It has been escalated already, to “{card.asks.group}”.")
    return None


def others_decide(card: Card, who: Person, asks: Terms) -> str:
    """Who decides a call with edited arguments, for which a rule `asks`, where the yes of those who
    are asked now is none of theirs; empty where it is.
    """
    if asks.stages == (ApprovalStage(asks.stages[0].group),) and who.member(asks.stages[0].group):
        return ""
    for wanted in asks.stages:
        mine = (each.quorum for each in card.terms.stages if each.group == wanted.group)
        if max(mine, default=0) < wanted.quorum:
            edited = replace(card, terms=asks, stage=asks.stages.index(wanted))
            return f"With these arguments it is not yours alone: {authority.whom(edited.question)}."
    return ""


def nobody_further(card: Card, people: Iterable[Person], asker: Person) -> str:
    """Why `asker` cannot escalate it: none of `people`, who may decide in that group, could answer
    it there, besides them; empty when somebody could.
    """
    question, found = card.passed_on.question, list(people)
    others = [who for who in found if who.id != asker.id]
    if any(authority.decides(who, question) is None for who in others):
        return ""
    why = STARTED_IT if others else ONLY_YOU if found else NOBODY_THERE
    return f"It cannot be escalated to “{question.group}”: {why}."


def orphaned(card: Card) -> str:
    """Why nothing is done any more for whoever started the run; empty while runs may go on for
    them.
    """
    if not card.orphaned:
        return ""
    return (
        f"{card.starter_name}, who started this run, {card.orphaned}: nothing more is done for"
        " them. Deny it, or stop the run."
    )


def counts(card: Card, vote: CountedVote) -> bool:
    """Whether the vote counts: it must be for the arguments that stand now. One from an earlier
    stage still keeps its voter from voting again.
    """
    return (
        vote.stands and vote.act in YES and (vote.stage < card.stage or equal(vote.args, card.args))
    )


def same(card: Card, answer: Answer) -> bool:
    return answer.args is None or equal(answer.args, card.args)


def needed(card: Card, votes: Sequence[CountedVote]) -> int:
    """How many more must agree in this stage."""
    return card.asks.quorum - len(
        {vote.voter for vote in votes if vote.stage == card.stage and counts(card, vote)}
    )


def done(card: Card, who: Person, now: datetime) -> str:
    subject = "you" if card.decider == who.id else label_of(card.by) or "somebody"
    return f"{subject} {did(card.act, card.kind)}{at(card, now)}"


def at(card: Card, now: datetime) -> str:
    return f" at {clock(card.ended_at, now)}" if card.ended_at else ""


def clock(moment: datetime, now: datetime) -> str:
    """A time in UTC; with its day, unless that is today."""
    return f"{moment:%H:%M:%S} UTC{figures.day(moment, now)}"
