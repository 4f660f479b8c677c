"""An answer that is asked back once before it is taken: a yes to a call that nothing can take back,
with arguments that whoever says yes has changed. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from approvals.rules import amounts, argument_form, arming, binding, headlines
from approvals.rules.card import Card
from approvals.rules.headlines import Piece
from console import figures
from console.json_value import Json
from console.outside import visible
from policies.json_schema.equality_key import equal
from runs.engine.vocabulary import AnswerAct

MOST = 200
NOTHING = "not given"
EXACT = 2**53
"""The whole numbers up to this one are floats without a loss."""


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """One argument as it stands and as it was changed, as text."""

    name: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class AskedBack:
    """What is asked before such a yes is taken. `sure` is what the form brings back with a yes to
    exactly these arguments; the `headline` says what they would do.
    """

    changes: Sequence[ChangedValue]
    sure: str
    headline: Sequence[Piece] = ()


def asked_back(
    card: Card, tool: str, args: Mapping[str, Json], *, effect: str, undo: bool
) -> AskedBack | None:
    """What to ask before these arguments are approved; None where the call can be taken back, or
    nothing was changed.
    """
    arms = arming.arms(card.kind, tool, args, effect=effect, undo=undo)
    found = changes(card.args, args)
    if AnswerAct.APPROVE.value not in arms or not found:
        return None
    return AskedBack(
        found,
        binding.digest(card.digest, card.kind, "", tool, args),
        headlines.headline(card.kind, tool, args),
    )


def changes(standing: Mapping[str, Json], wanted: Mapping[str, Json]) -> list[ChangedValue]:
    return [
        ChangedValue(
            visible.told(name), told(standing, name), told(alike(standing, wanted, name), name)
        )
        for name in {**standing, **wanted}
        if (name in standing) != (name in wanted) or not equal(standing[name], wanted[name])
    ]


def alike(
    standing: Mapping[str, Json], wanted: Mapping[str, Json], name: str
) -> Mapping[str, Json]:
    """The wanted arguments, with a sum that was typed without its cents written as it stood."""
    value = wanted.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > EXACT:
        return wanted
    sum_ = isinstance(standing.get(name), float) and amounts.with_cents(name, float(value), wanted)
    return {**wanted, name: float(value)} if sum_ else wanted


def told(args: Mapping[str, Json], name: str) -> str:
    return figures.cut(argument_form.stands(args, name), MOST) if name in args else NOTHING
