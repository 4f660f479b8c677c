"""The demo's dials, from the settings: how slowly its tools work, how often its suppliers
misbehave, where it may fetch from.
"""

import random

from django.conf import settings

DICE = random.Random()  # noqa: S311 - mischief, not secrets


def pace() -> float:
    """The factor on every tool's made-up latency; 0 for tests and benches."""
    return float(settings.DEMO_PACE)


def misbehaves(chance: float) -> bool:
    """Whether a supplier answers with rubbish this time.

    `DEMO_MISCHIEF` is a factor on every chance: 0 never.
    """
    return DICE.random() < chance * float(settings.DEMO_MISCHIEF)


def may_fetch_from() -> tuple[str, ...]:
    """The hosts, with their ports, that `fetch_url` may ask; none unless an admin says so."""
    return tuple(settings.DEMO_FETCH_HOSTS)
