"""What a body is looked at with: whose result it is, how that tool's words are to be read, and how
far to look.
"""

from dataclasses import dataclass

from policies.truth.roles import ToolRole, role_of
from policies.truth.sign import TruthThresholds


@dataclass(frozen=True, slots=True)
class ScanContext:
    """One tool's results, seen with given thresholds."""

    tool: str
    role: ToolRole
    thresholds: TruthThresholds

    @classmethod
    def of(cls, tool: str, effect: str, thresholds: TruthThresholds) -> "ScanContext":
        return cls(tool, role_of(tool, effect), thresholds)
