"""Acts by which a person let something go on, as conditions on events: `act:` in a query."""

from django.db.models import Q

from console.journal.records import PEOPLE

SAID = {
    "approve": ("call.decided", ("approve", "edit")),
    "override": ("answer.decided", ("approve",)),
}
"""Acts that are one of some answers: the kind, and the `word` of its data."""
KINDS = {
    "approve": ("grant.given", "undo.begun"),
    "resume": ("run.resumed", "run.requeued", "run.continued"),
    "raise": ("run.extended", "budget.changed", "budget.deleted", "thresholds.changed"),
    "settle": ("call.settled",),
    "accept": ("tool.accepted", "restore.accepted", "finding.closed", "late.acknowledged"),
    "override": (),
    "release": ("halt.released", "breaker.reset"),
}
"""Kinds that are acts whatever they say."""
DECISIONS = (
    "call.decided", "answer.decided", "call.settled", "undo.begun", "undo.declined", "grant.given",
    "grant.revoked",
)  # fmt: skip
"""Kinds of events by which people decide what they are asked; who did is an approver."""
BY_PEOPLE = Q(actor__startswith=PEOPLE)


def act(word: str) -> Q:
    """Events that are this act of a person; `any` is each of them."""
    found = Q()
    for name in acts(word):
        kind, words = SAID.get(name, ("", ()))
        for each in words:
            found |= Q(kind=kind, data__contains=f'"word":"{each}"')
        found |= Q(kind__in=KINDS[name])
    return found & BY_PEOPLE


def acts(word: str) -> list[str]:
    return [name for name in KINDS if word in (name, "any")]


def kinds(word: str) -> list[str]:
    """The kinds of events among which this act is."""
    found = [each for name in acts(word) for each in KINDS[name]]
    return found + [SAID[name][0] for name in acts(word) if name in SAID]
