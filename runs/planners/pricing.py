"""Whether a run's model has a price, said before it starts.

Light until it is asked: the lists of prices are imported by the first question about a provider's
model.
"""

import os
from collections.abc import Mapping
from typing import Final

from console.json_value import Json
from runs.planners.endpoint import EndpointError, endpoint

SCRIPTED: Final = "scripted"
REFUSE: Final = "refuse"
NO_PRICE: Final = "its model has no known price: the USD limit does not hold"
NO_PRICE_ESTIMATED: Final = "its model has no known price: cost is estimated by the fallback price"
REFUSED: Final = (
    "Its model has no known price, and this agent does not start without one. An admin can set its"
    " prices or a fallback price."
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


def warning(snapshot: Mapping[str, Json]) -> str:
    """What whoever starts a run should know of its price; empty when it is known."""
    if priced(snapshot):
        return ""
    return NO_PRICE if snapshot.get("fallback_price") is None else NO_PRICE_ESTIMATED


def refusal(snapshot: Mapping[str, Json]) -> str:
    """Why the agent may not start for want of a price; empty when it may."""
    wanting = snapshot.get("unpriced") == REFUSE and snapshot.get("fallback_price") is None
    return REFUSED if wanting and not priced(snapshot) else ""
