"""Whether a run's models have a price, said before it starts.

Light until it is asked: the lists of prices are imported by the first question about a provider's
model.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from console.json_value import Json
from runs.planners import another
from runs.planners.endpoint import EndpointError, endpoint

SCRIPTED: Final = "scripted"
REFUSE: Final = "refuse"
OWN: Final = "model"
UNHELD: Final = "no known price: the USD limit does not hold"
ESTIMATED: Final = "no known price: cost is estimated by the fallback price"
REFUSED: Final = (
    "no known price, and this agent does not start without one. An admin can set its prices or a"
    " fallback price."
)


def priced(snapshot: Mapping[str, Json]) -> bool:
    """Whether the price of the agent's model is known, by the agent's own figures or by a list."""
    if snapshot.get("recording") is not None or snapshot.get("planner") == SCRIPTED:
        return True
    try:
        found = endpoint(snapshot, os.environ)
    except EndpointError:
        return True  # it cannot start at all, which is said elsewhere
    from runs.planners import prices  # noqa: PLC0415

    return prices.tariff(found, snapshot).known


def unpriced(snapshot: Mapping[str, Json]) -> Sequence[str]:
    """The agent's models whose price nobody knows, as people call them: its model first, then those
    that it is asked for something else.
    """
    if snapshot.get("recording") is not None:
        return ()
    found = [
        f"{use} {name}"
        for use, name in another.others(snapshot)
        if not priced(another.with_planner(snapshot, name))
    ]
    return found if priced(snapshot) else [OWN, *found]


def warning(snapshot: Mapping[str, Json]) -> str:
    """What whoever starts a run should know of its price; empty when all of it is known."""
    if not (lacking := unpriced(snapshot)):
        return ""
    after = UNHELD if snapshot.get("fallback_price") is None else ESTIMATED
    return f"its {' and its '.join(lacking)} {'has' if len(lacking) == 1 else 'have'} {after}"


def refusal(snapshot: Mapping[str, Json]) -> str:
    """Why the agent may not start for want of a price; empty when it may."""
    wanting = snapshot.get("unpriced") == REFUSE and snapshot.get("fallback_price") is None
    if not wanting or not (lacking := unpriced(snapshot)):
        return ""
    said = f"its {' and its '.join(lacking)}".capitalize()
    return f"{said} {'has' if len(lacking) == 1 else 'have'} {REFUSED}"
