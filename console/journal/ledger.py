"""Tables whose rows own a chain of events. Apps above register theirs, so that a proof knows every
head there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ledger:
    """A table with `id uuid, seq bigint, head bytea, lease_epoch int`, and the columns an append
    may set or hand back.

    `widths` holds the longest text of projected varchar columns: longer text is cut, since what an
    agent says must not stop an append.
    """

    table: str
    projected: tuple[str, ...] = ()
    returning: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict, hash=False, compare=False)


HOUSE = Ledger("journal_chain")
_registered: dict[str, Ledger] = {HOUSE.table: HOUSE}


def register(ledger: Ledger) -> Ledger:
    """Make a ledger known to `journal verify`. Idempotent;
    called once where the ledger is defined."""
    _registered[ledger.table] = ledger
    return ledger


def registered() -> tuple[Ledger, ...]:
    return tuple(_registered.values())
