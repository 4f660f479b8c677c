"""Whether this process drives one run and nothing else, so that its end harms no other run.

Said once by whoever starts such a process; it cannot be taken back.
"""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OnlyRun:
    """The one run of this process. `lost`: workers in a row that were lost with it before."""

    run: UUID
    lost: int


_only: OnlyRun | None = None


def drives(run: UUID, *, lost: int) -> None:
    """From now on this process is known to hold this run only."""
    global _only
    _only = OnlyRun(run, lost)


def only_run() -> OnlyRun | None:
    """The one run that this process holds; None where it may hold others."""
    return _only
