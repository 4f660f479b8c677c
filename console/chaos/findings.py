"""What chaos did to the house: the book of the world outside against the journal. Pure.

`duplicates`: effects of a call that is not declared repeatable which happened more than once.
`lost`: calls that the journal says succeeded and the world does not know, and effects that the
journal has no call for. `stuck`: runs that neither ended nor wait for a person. `blamed_innocent`:
runs that were stopped for a fault of the house.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.chaos.world_book import Line

REPEATABLE = frozenset({"chaos_read", "chaos_put", "chaos_hold"})
"""What may happen again under its key: reads, and what is declared idempotent."""
FAULTS_OF_THE_HOUSE = frozenset(
    """CRASH_LOOP DEAD_LETTER PLANNER_FAILURE NO_PROGRESS LOOP_DETECTED TOOL_FAILURE TIMEOUT
    RETRY_LIMIT_REACHED CIRCUIT_OPEN""".split()
)
ENDED = frozenset({"completed", "stopped"})


@dataclass(frozen=True, slots=True)
class Call:
    """What the journal says became of a call in the end: `happened` is None where nobody knows."""

    key: str
    tool: str
    happened: bool | None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """A run after everything: its calls and undos, and how it stands."""

    run: str
    status: str
    waiting_for: str
    stop_reason: str
    calls: Sequence[Call]

    @property
    def rests(self) -> bool:
        """Whether nothing more will happen unless a person acts."""
        return self.status in ENDED or bool(self.waiting_for)


@dataclass(frozen=True, slots=True)
class Takeover:
    """A run that somebody else had in hand again so many `seconds` after its worker was lost."""

    run: str
    frozen: bool
    seconds: float


def duplicates(lines: Iterable[Line]) -> list[tuple[str, str]]:
    """Key and kind of each effect that happened more often than it may."""
    counted = Counter((line.key, line.kind) for line in lines)
    return sorted(
        place for place, count in counted.items() if count > 1 and place[1] not in REPEATABLE
    )


def lost(lines: Iterable[Line], ends: Iterable[RunEnd]) -> list[str]:
    """One sentence for each effect or call that only one side knows of."""
    happened: dict[str, set[str]] = {}
    for line in lines:
        happened.setdefault(line.run, set()).add(line.key)
    found: list[str] = []
    for end in ends:
        known = {call.key for call in end.calls}
        outside = happened.get(end.run, set())
        found += [
            f"{end.run}: the journal says that {call.tool} succeeded, the world knows nothing of it"
            for call in end.calls
            if call.happened and call.key not in outside
        ]
        found += [
            f"{end.run}: the world has an effect under {key}, the journal has no such call"
            for key in sorted(outside - known)
        ]
        found += [
            f"{end.run}: the journal says that {call.tool} did not happen, the world has it"
            for call in end.calls
            if call.happened is False and call.key in outside
        ]
    return found


def stuck(ends: Iterable[RunEnd]) -> list[str]:
    return [end.run for end in ends if not end.rests]


def blamed(ends: Iterable[RunEnd]) -> list[str]:
    return [
        f"{end.run}: {end.stop_reason}" for end in ends if end.stop_reason in FAULTS_OF_THE_HOUSE
    ]


def p99(seconds: Sequence[float]) -> float:
    """The nearest-rank 99th percentile; 0 of none."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(0.99 * len(ordered)) - 1)] if ordered else 0.0


def figures(
    lines: Sequence[Line],
    ends: Sequence[RunEnd],
    faults: Mapping[str, int],
    takeovers: Sequence[Takeover],
    *,
    proved: bool,
) -> dict[str, int | float]:
    """One line of what the house came to."""
    dead = [taken.seconds for taken in takeovers if not taken.frozen]
    frozen = [taken.seconds for taken in takeovers if taken.frozen]
    return {
        "runs": len(ends),
        "faults": sum(faults.values()),
        "kinds": len(faults),
        "external_effects": len(lines),
        "duplicates": len(duplicates(lines)),
        "lost": len(lost(lines, ends)),
        "stuck": len(stuck(ends)),
        "blamed_innocent": len(blamed(ends)),
        "journal_proved": int(proved),
        "taken_over_dead": len(dead),
        "takeover_dead_p99_s": p99(dead),
        "taken_over_frozen": len(frozen),
        "takeover_frozen_p99_s": p99(frozen),
    }
