"""Words for calls, here and in the engine above: what they do, may they be made, how they came
back, what that meant.
"""

from enum import StrEnum


class Transport(StrEnum):
    """Did the call come back?"""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """Did what came back succeed?"""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What does a tool do to the world?"""

    READ = "read"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


class Answer(StrEnum):
    """May it be done?"""

    ALLOW = "allow"
    ALLOW_WITH_CAPS = "allow_with_caps"
    REQUIRE_APPROVAL = "require_approval"
    DENY = "deny"

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")
