"""What each of a run's models cost, and what asking a cheaper one and the providers' caches saved.
Told by the journal alone. Pure but for its one query.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from console import figures
from console.journal import selectors
from console.journal.records import JournalRecord, Stored
from runs.models import Run
from runs.planners import another
from runs.reading import damaged_rows
from runs.reading.readers import PageReader

MILLION = Decimal(1_000_000)
CENT = Decimal("0.01")
USES = {
    "plan": "better model",
    "step": "usual model",
    "context.compacted": "summaries",
    "judge.answered": "judging",
}
PRICED = ("run.leased", "run.routed", "run.downgraded")
ASKED = ("step.planned", "step.plan_failed", "judge.answered", "context.compacted")
KINDS = (*PRICED, *ASKED, "run.created", "run.continued")


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """USD for a million tokens sent and for a million answered."""

    sent: Decimal
    answered: Decimal

    def of(self, tokens_in: int, tokens_out: int) -> Decimal:
        return (self.sent * tokens_in + self.answered * tokens_out) / MILLION


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """One question to a model. `price` is that of the model that the run is planned by at the time;
    `own`: it was that one that was asked.
    """

    use: str
    model: str
    tokens_in: int
    tokens_out: int
    usd: Decimal | None
    price: ModelPrice | None = None
    own: bool = True
    estimated: bool = False
    cached: int = 0
    saved: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class CostRow:
    """All that one model was asked for one use, in words; what a figure rests on an estimate or on
    an unknown price is said with it.
    """

    use: str
    model: str
    asked: int
    tokens: str
    cached: str
    cost: str


@dataclass(frozen=True, slots=True)
class ModelCosts:
    """`sentences` say what was saved, and by what."""

    rows: Sequence[CostRow]
    sentences: Sequence[str]


@dataclass
class ModelCourse:
    """Which model has a run's steps at which price, event by event."""

    planner: str = ""
    tier: str = "step"
    price: ModelPrice | None = None
    prices: dict[str, ModelPrice] = field(default_factory=dict)
    questions: list[ModelQuestion] = field(default_factory=list)

    def hear(self, record: JournalRecord) -> None:
        data = record.data
        if planner := data.get("planner"):
            self.planner = str(planner)
            self.tier = str(data.get("tier") or "step")
        if record.kind in PRICED:
            self.price = price(data)
            if self.price is not None:
                self.prices[self.planner] = self.price
        elif record.kind in ASKED and (record.tokens_in or record.tokens_out or record.usd):
            self.questions.append(self.question(record))

    def question(self, record: JournalRecord) -> ModelQuestion:
        own = record.kind.startswith("step.")
        use = self.tier if own else record.kind
        answered_by = record.model or str(record.data.get("model") or "")
        return ModelQuestion(
            use,
            self.planner if own else answered_by,
            record.tokens_in,
            record.tokens_out,
            record.usd,
            self.price,
            own,
            estimated=bool(record.data.get("estimated")),
            cached=int(record.data.get("cached") or 0),
            saved=Decimal(str(record.data.get("saved") or 0)),
        )


def of(run: Run, who: PageReader, *, downgrades: bool) -> ModelCosts | None:
    """None where the meters say it all: one model was asked, and nothing was saved. One query; none
    where there can be nothing to tell, and for who may not see what a planner is asked.

    `downgrades`: some budget that it draws on leads runs to a cheaper model.
    """
    telling = downgrades or bool(another.others(run.snapshot)) or run.saved >= CENT
    if not who.sees_tools or not run.tokens_in or not telling:
        return None
    stored = selectors.events(run.pk, clearance=who.clearance, kinds=KINDS)
    return damaged_rows.reading(costs, stored)


def costs(stored: Iterable[Stored]) -> ModelCosts | None:
    course = ModelCourse()
    for each in stored:
        course.hear(each.record)
    groups: dict[tuple[str, str], list[ModelQuestion]] = {}
    for question in course.questions:
        groups.setdefault((question.use, question.model), []).append(question)
    said = list(filter(None, (by_routing(course), by_cache(course.questions))))
    rows = [row(use, model, asked) for (use, model), asked in groups.items()]
    return ModelCosts(rows, said) if len(rows) > 1 or said else None


def row(use: str, model: str, asked: Sequence[ModelQuestion]) -> CostRow:
    known = [each.usd for each in asked if each.usd is not None]
    about = "about " if any(each.estimated for each in asked) else ""
    least = "at least " if known and len(known) < len(asked) else ""
    cached = sum(each.cached for each in asked)
    sent = sum(each.tokens_in for each in asked)
    return CostRow(
        USES.get(use, use),
        model,
        len(asked),
        f"{about}{sent:,} → {sum(each.tokens_out for each in asked):,}",
        f"{cached / sent:.0%}" if cached and sent else "",
        f"{least}{about}{figures.money(sum(known, Decimal(0)))}" if known else "no known price",
    )


def by_routing(course: ModelCourse) -> str:
    """Against the costliest of the models that had the run's steps, asked each time."""
    if not course.questions or not course.prices:
        return ""
    name, costliest = max(
        course.prices.items(), key=lambda known: known[1].sent + known[1].answered
    )
    saved = sum((spared(each, costliest) for each in course.questions), Decimal(0))
    if saved < CENT:
        return ""
    return f"Cheaper models saved about {figures.money(saved)} against asking {name} each time."


def spared(question: ModelQuestion, costliest: ModelPrice) -> Decimal:
    """What the costliest model would have cost more, with the same share of its tokens cached. For
    judging it is never asked.
    """
    if question.usd is None or question.price is None or question.use == "judge.answered":
        return Decimal(0)
    size = question.tokens_in, question.tokens_out
    if not question.own:
        return max(question.price.of(*size) - question.usd, Decimal(0))
    full = question.price.of(*size)
    return question.usd * (costliest.of(*size) - full) / full if full else Decimal(0)


def by_cache(questions: Iterable[ModelQuestion]) -> str:
    saved = sum((each.saved for each in questions), Decimal(0))
    if saved < CENT:
        return ""
    return f"What providers had in their caches saved {figures.money(saved)}."


def price(data: Mapping[str, Any]) -> ModelPrice | None:
    """The price that an event names; None for a model whose price nobody knows."""
    sent, answered = data.get("price_in"), data.get("price_out")
    if sent is None or answered is None:
        return None
    return ModelPrice(Decimal(str(sent)), Decimal(str(answered)))
