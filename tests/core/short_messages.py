"""What is seen in a short message, and how much it weighs."""

from policies.truth import phrases
from policies.truth.roles import ToolRole
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign, TruthThresholds

ACT = "do_thing"
LIMITS = TruthThresholds()


def signs(text: str, tool: str = ACT, role: ToolRole = ToolRole.ACT) -> list[Sign]:
    return list(phrases.signs_of_message(text, ScanContext(tool, role, LIMITS)))


def shares(text: str, tool: str = ACT, role: ToolRole = ToolRole.ACT) -> dict[str, float]:
    return {sign.name: sign.share for sign in signs(text, tool, role)}
