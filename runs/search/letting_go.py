"""Acts by which a person let something go on: `act:` in a query, as conditions on events, and the
names under which the index of words leads to them.
"""

from collections.abc import Iterator

from django.db.models import Q

from console.journal import content_words
from console.journal.records import PEOPLE, JournalRecord

SAID = {
    "approve": ("call.decided", ("approve", "edit")),
    "override": ("answer.decided", ("approve",)),
}
"""Acts that are one of some answers: the kind, and the `word` of its data."""
KINDS = {
    "approve": ("grant.given", "undo.begun"),
    "resume": ("run.resumed", "run.requeued", "run.continued"),
    "raise": (
        "run.extended",
        *("budget.changed", "budget.deleted", "thresholds.changed"),
        *("toolpolicy.added", "toolpolicy.changed", "toolpolicy.deleted"),
    ),
    "settle": ("call.settled",),
    "accept": ("tool.accepted", "restore.accepted", "finding.closed", "late.acknowledged"),
    "override": (),
    "release": ("halt.released", "breaker.reset"),
}
"""Kinds that are acts whatever they say: an edit of a rule does not say what it lets through."""
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


def names(record: JournalRecord) -> Iterator[tuple[str, str]]:
    """What an event is found by as an act, and as the decision of whoever acted: names of its own,
    since those who decide have done much else, and what is decided is much of all that there is.
    """
    if record.kind in DECISIONS:
        acted = content_words.named({"actor": record.actor, "person": record.person})
        yield from {approver(*each) for each in acted}
    if record.actor.startswith(PEOPLE):
        yield from (("act", name) for name in KINDS if is_act(name, record))


def approver(field: str, text: str) -> tuple[str, str]:
    """Under which name the index has who decided, by a word for `actor` or `person`."""
    return f"approver {field}", text.removeprefix(PEOPLE) or text


def is_act(name: str, record: JournalRecord) -> bool:
    kind, words = SAID.get(name, ("", ()))
    told = record.kind == kind and record.data.get("word") in words
    return told or record.kind in KINDS[name]
