"""What may stand in the environment variables that are numbers or one word of a few: read by the
settings, and checked before anything is started. Standard library only, and pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LOG = "SIGNALBOX_LOG"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class NotAValue(Exception):
    """A variable says what it cannot mean. A sentence for whoever set it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number may be, both ends included; `usual` is what holds where nothing is said."""

    usual: float
    least: float
    most: float
    whole: bool = True

    def holds(self, number: float) -> bool:
        return self.least <= number <= self.most and not (self.whole and number % 1)

    def __str__(self) -> str:
        return f"a {'whole ' if self.whole else ''}number from {self.least:,g} to {self.most:,g}"


NUMBERS = {
    "PORT": Bounds(8000, 1, 65_535),
    "SIGNALBOX_ACTIVE_PER_PRINCIPAL": Bounds(0, 0, 100_000),
    "SIGNALBOX_CONFIRM_MINUTES": Bounds(15, 0, 100_000, whole=False),
    "SIGNALBOX_DECISION_HOLD": Bounds(5, 0, 3_600, whole=False),
    "SIGNALBOX_DEMO_MISCHIEF": Bounds(1, 0, 1_000, whole=False),
    "SIGNALBOX_DEMO_PACE": Bounds(1, 0, 1_000, whole=False),
    "SIGNALBOX_DJANGO_POOL": Bounds(4, 1, 1_000),
    "SIGNALBOX_IDLE_HOURS": Bounds(12, 0, 100_000, whole=False),
    "SIGNALBOX_JOURNAL_POOL": Bounds(2, 1, 1_000),
    "SIGNALBOX_OIDC_HOURS": Bounds(12, 0, 100_000, whole=False),
    "SIGNALBOX_PROXIES": Bounds(0, 0, 100),
    "SIGNALBOX_RECONCILE_EVERY": Bounds(300, 0, 100_000, whole=False),
    "SIGNALBOX_RECONCILE_HOURS": Bounds(24, 0, 100_000, whole=False),
    "SIGNALBOX_RUNS_POOL": Bounds(6, 1, 1_000),
    "SIGNALBOX_SMTP_PORT": Bounds(25, 1, 65_535),
    "SIGNALBOX_TOOL_MEMORY_MB": Bounds(1024, 0, 10_000_000),
    "SIGNALBOX_TOOL_PROCESSES": Bounds(4, 0, 1_000),
}


def number(name: str, environment: Mapping[str, str]) -> float:
    """The number that the variable says, or the usual one where it is missing or empty. Raises
    NotAValue.
    """
    bounds, said = NUMBERS[name], environment.get(name, "").strip()
    if not said:
        return bounds.usual
    try:
        found = float(said)
    except ValueError:
        found = float("nan")
    if not bounds.holds(found):
        raise NotAValue(f"{name} says {said!r}: it takes {bounds}")
    return found


def whole(name: str, environment: Mapping[str, str]) -> int:
    return int(number(name, environment))


def log_level(environment: Mapping[str, str]) -> str:
    """Raises NotAValue."""
    said = environment.get(LOG, "").strip()
    if said.upper() not in {"", *LEVELS}:
        raise NotAValue(f"{LOG} says {said!r}: it takes one of {', '.join(LEVELS)}")
    return said.upper() or "INFO"


def check(environment: Mapping[str, str]) -> None:
    """Raises NotAValue for the first of our own variables that says what it cannot mean."""
    for name in NUMBERS:
        if name.startswith("SIGNALBOX_"):
            number(name, environment)
    log_level(environment)
