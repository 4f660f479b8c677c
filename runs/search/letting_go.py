"""Acts by which a person let something go on, as conditions on events: `act:` in a query."""

from django.db.models import Q

from console.journal.records import PEOPLE


def said(kind: str, *words: str) -> Q:
    """An event whose data has one of these words as its `word`."""
    found = Q()
    for word in words:
        found |= Q(data__contains=f'"word":"{word}"')
    return Q(kind=kind) & found


ACTS = {
    "approve": said("call.decided", "approve", "edit") | Q(kind__in=["grant.given", "undo.begun"]),
    "resume": Q(kind__in=["run.resumed", "run.requeued", "run.continued"]),
    "raise": Q(kind__in=["run.extended", "budget.changed", "budget.deleted", "thresholds.changed"]),
    "settle": Q(kind="call.settled"),
    "accept": Q(
        kind__in=["tool.accepted", "restore.accepted", "finding.closed", "late.acknowledged"]
    ),
    "override": said("answer.decided", "approve"),
    "release": Q(kind__in=["halt.released", "breaker.reset"]),
}
DECISIONS = (
    "call.decided", "answer.decided", "call.settled", "undo.begun", "undo.declined", "grant.given",
    "grant.revoked",
)  # fmt: skip
"""Kinds of events by which people decide what they are asked; who did is an approver."""
BY_PEOPLE = Q(actor__startswith=PEOPLE)


def act(word: str) -> Q:
    """Events that are this act of a person; `any` is each of them."""
    found = Q()
    for name, condition in ACTS.items():
        if word in (name, "any"):
            found |= condition
    return found & BY_PEOPLE
