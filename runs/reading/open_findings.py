"""What reconciliations found and nobody has looked into yet, as people read it. Text only."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from console import figures
from runs.engine.vocabulary import Discrepancy
from runs.models import EffectFinding, Run

MOST = 50
WORDS: Mapping[str, tuple[str, str]] = {
    Discrepancy.NO_CALL: (
        "An effect that no call had",
        "The far side lists it, and the journal has no call with this key.",
    ),
    Discrepancy.NOT_THERE: (
        "A call without its effect",
        "The journal says that it succeeded; the far side does not list it.",
    ),
    Discrepancy.ALTHOUGH_FAILED: (
        "An effect of a call that failed",
        "The journal says that it did not happen; the far side lists it.",
    ),
    Discrepancy.ALTHOUGH_UNDONE: (
        "An effect that was undone and is there",
        "The journal says that it was undone; the far side lists it still.",
    ),
    Discrepancy.TWICE: (
        "An effect that is there twice",
        "It was called once; the far side lists it more than once.",
    ),
}


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """An open finding: what differs, about which effect, and since when it is known."""

    id: int
    title: str
    sentence: str
    tool: str
    place: str
    key: str
    listed: str
    effect_at: str
    since: str
    since_text: str


def of(run: Run) -> list[OpenFinding]:
    """The open findings of a run, the first found first."""
    return shown(EffectFinding.objects.filter(run=run.pk))


def of_the_house() -> list[OpenFinding]:
    """Those of the open findings that no run of the house fits."""
    return shown(EffectFinding.objects.filter(run__isnull=True))


def shown(found: QuerySet[EffectFinding]) -> list[OpenFinding]:
    return [line(row) for row in found.filter(closed_at__isnull=True).order_by("id")[:MOST]]


def line(row: EffectFinding) -> OpenFinding:
    title, sentence = WORDS[row.difference]
    return OpenFinding(
        id=row.pk,
        title=title,
        sentence=sentence,
        tool=row.tool,
        place=f"call {row.call}" if row.call else "",
        key=row.key,
        listed=row.listed,
        effect_at=figures.moment(row.effect_at) if row.effect_at else "",
        since=figures.iso(row.opened_at),
        since_text=figures.moment(row.opened_at),
    )
