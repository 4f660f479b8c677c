"""What the journal and the far side of a tool were found to differ in, and what a person says of
it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from runs.engine.events.envelope import RunEvent
from runs.engine.vocabulary import Discrepancy, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingOpened(RunEvent):
    """The far side's list of effects and the journal differ about a call of this run.

    Written beside the run's own course, also when the run has ended. Nothing is undone or repeated
    for it: a person looks.
    """

    kind: ClassVar[str] = "finding.opened"
    finding: int
    difference: Discrepancy
    tool: str
    call: str
    key: str
    step: int | None = None
    effect_at: datetime | None = None
    listed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingClosed(RunEvent):
    """A person has looked into a finding, and says in `note` what was the matter."""

    kind: ClassVar[str] = "finding.closed"
    visibility: Visibility = Visibility.VISIBLE
    finding: int
    note: str = ""
