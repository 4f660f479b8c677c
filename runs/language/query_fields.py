"""The fields of the query language: what each is called, takes and means. Pure data.

Fields of a run and fields of its events are one list. In a list of runs an event's field asks
whether the run has such an event; in a list of events a run's field asks about the event's run.
"""

from dataclasses import dataclass
from enum import StrEnum

from runs.engine.vocabulary import StopReason, Verdict


class Shape(StrEnum):
    """What stands behind a field: one of a few words, any words, a number, a span of time, percent,
    a moment, or the beginning of an id.
    """

    CLOSED = "closed"
    OPEN = "open"
    NUMBER = "number"
    SPAN = "span"
    PERCENT = "percent"
    MOMENT = "moment"
    ID = "id"


COMPARED = frozenset({Shape.NUMBER, Shape.SPAN, Shape.PERCENT})
"""Shapes that take `<` `<=` `>` `>=` and no `:`."""


@dataclass(frozen=True, slots=True)
class QueryField:
    """`meaning` and `example` are read in the box; `words` are all that a closed field takes, each
    with what it means.
    """

    name: str
    shape: Shape
    meaning: str
    example: str
    words: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(word for word, _ in self.words)


STATUSES = (
    ("live", "not over: queued, running, waiting, paused"),
    ("queued", "waits for a worker"),
    ("running", "a step is going on"),
    ("waiting", "for an approval, a person or a provider"),
    ("paused", "by a person or a rule"),
    ("person", "stands still until a person acts"),
    ("in-doubt", "nobody knows whether a call happened"),
    ("undoing", "what it did is being undone"),
    ("ended", "completed or stopped"),
    ("completed", "met its criteria"),
    ("stopped", "ended without its goal, for any reason"),
    ("failed", "stopped for a reason to look into"),
    ("killed", "stopped for good by a person"),
)
ACTS = (
    ("approve", "let a call be made"),
    ("resume", "let a paused run go on"),
    ("raise", "raised a limit, or changed a budget, threshold or tool policy"),
    ("settle", "said whether a call in doubt happened"),
    ("accept", "accepted a tool, a restore or a finding"),
    ("override", "accepted an answer that fell short"),
    ("release", "released a halt or a breaker"),
    ("any", "every act by which a person let something go on"),
)
REASONS = tuple((reason.value.lower(), "") for reason in StopReason)
VERDICTS = tuple((verdict.value, "") for verdict in Verdict)
FIELDS = {
    field.name: field
    for field in (
        QueryField("status", Shape.CLOSED, "where a run stands", "status:failed", STATUSES),
        QueryField("agent", Shape.OPEN, "name or title", "agent:refund-desk"),
        QueryField("tool", Shape.OPEN, "called or asked for", "tool:send_mail"),
        QueryField("reason", Shape.CLOSED, "why it stopped", "reason:timeout", REASONS),
        QueryField("principal", Shape.OPEN, "whom the run works for", "principal:me"),
        QueryField("approver", Shape.OPEN, "who decided", "approver:mara"),
        QueryField("model", Shape.OPEN, "which model answered", "model:gpt-5-mini"),
        QueryField("verdict", Shape.CLOSED, "what a result meant", "verdict:failed", VERDICTS),
        QueryField("kind", Shape.OPEN, "what happened", "kind:call.refused"),
        QueryField("actor", Shape.OPEN, "who did something", "actor:mara"),
        QueryField("act", Shape.CLOSED, "a person let something go on", "act:any", ACTS),
        QueryField("cost", Shape.NUMBER, "of the run, in $", "cost>1"),
        QueryField("steps", Shape.NUMBER, "of the run", "steps>50"),
        QueryField("tokens", Shape.NUMBER, "of the run, in and out", "tokens>100000"),
        QueryField("limit", Shape.PERCENT, "used of any limit of the run", "limit>80%"),
        QueryField("age", Shape.SPAN, "since it began or happened", "age<1h"),
        QueryField("ended", Shape.SPAN, "since the run ended", "ended<1h"),
        QueryField("at", Shape.MOMENT, "a time, ± 5 min", "at:tuesday-15:47"),
        QueryField("run", Shape.ID, "the beginning of a run's id", "run:3f2a9c1e"),
        QueryField("correlation", Shape.ID, "of a correlation id", "correlation:3f2a9c1e"),
    )
}
OF_REQUESTS = {
    field.name: field
    for field in (
        QueryField("status", Shape.CLOSED, "where a request stands", "status:decided", (
            ("open", "needs an answer"),
            ("decided", "somebody answered"),
            ("expired", "nobody answered in time, or its run ended"),
        )),
        FIELDS["tool"],
        FIELDS["agent"],
        QueryField("risk", Shape.CLOSED, "what is at stake", "risk:irreversible", (
            ("irreversible", "cannot be undone"),
            ("reversible", "can be undone"),
            ("tainted", "has a value from an unverified source"),
            ("in-doubt", "nobody knows whether a call happened"),
            ("budget", "asks for more of a budget"),
            ("loop", "may be a loop"),
            ("acceptance", "an answer that was not accepted"),
            ("undo", "shall it be undone?"),
        )),
        QueryField("group", Shape.OPEN, "who is asked", "group:approver"),
        QueryField("principal", Shape.OPEN, "whom the run works for", "principal:me"),
        QueryField("approver", Shape.OPEN, "who decided", "approver:mara"),
        QueryField("cost", Shape.NUMBER, "of the run, in $", "cost>1"),
        QueryField("age", Shape.SPAN, "since it was asked", "age>1h"),
        QueryField("at", Shape.MOMENT, "when it was asked, ± 5 min", "at:tuesday-15:47"),
        FIELDS["run"],
        FIELDS["correlation"],
    )
}  # fmt: skip
"""The fields of the box of the approvals' queue: what a request or its run says."""
SYNONYMS = {
    "state": "status", "view": "status", "user": "actor", "who": "actor", "by": "actor",
    "person": "actor", "event": "kind", "what": "kind", "why": "reason", "step": "steps",
    "usd": "cost", "since": "age", "time": "at", "when": "at", "for": "principal", "id": "run",
    "budget": "limit", "result": "verdict", "token": "tokens",
}  # fmt: skip
"""Words that people try for a field, and the field they mean."""
CONFUSED = {"actor": "principal"}
"""Fields that are taken for each other: a mistake that leads to one says what both are."""
