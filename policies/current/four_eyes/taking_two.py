"""Whether something that widens rights is done at once, or waits for a second person.

Whoever makes such a change says here what it widens, inside the change's own transaction. `Held`
undoes that transaction; where it is caught, the change is kept as a proposal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from console.json_value import Json
from console.refused import Refused
from policies.current.four_eyes.models import FourEyesRule
from policies.current.four_eyes.raised_limits import RaiseBounds
from policies.current.four_eyes.rules import Widening, WideningKind

WAITS = "This widens rights, and here that takes a second person: {what}. Nothing is changed yet."


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change that somebody wants to make: the `act` that makes it with its `args`, what it is
    called, and what it widens. `rests_on`: what was there when it was wanted, as the act reads it.
    `saved`: everything that an edit writes, old and new.
    """

    kind: WideningKind
    act: str
    args: Mapping[str, Json]
    rests_on: Json
    what: str
    widens: Sequence[Widening]
    reason: str = ""
    saved: Sequence[Widening] = ()


@dataclass
class Held(Refused):
    """It is not done, since it takes a second person; `wanted` is what is to be proposed."""

    wanted: WantedChange


def switched_on(kind: WideningKind) -> bool:
    """Whether this kind takes a second person. One query, since such changes are rare and the last
    word is the table's.
    """
    return FourEyesRule.objects.filter(kind=kind.value, enabled=True).exists()


def bounds() -> RaiseBounds:
    """Up to which amounts one person raises alone. One query."""
    row = FourEyesRule.objects.filter(kind=WideningKind.BUDGET.value).first()
    if row is None:
        return RaiseBounds()
    counts = (row.alone_tokens, row.alone_steps, row.alone_seconds)
    return RaiseBounds(row.alone_usd, *map(Decimal, counts))


def hold(wanted: WantedChange) -> None:
    """Raises Held when this widens something and its kind takes a second person."""
    if wanted.widens and switched_on(wanted.kind):
        raise held(wanted)


def held(wanted: WantedChange) -> Held:
    return Held(WAITS.format(what=wanted.what), wanted)
