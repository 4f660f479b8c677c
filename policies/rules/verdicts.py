"""Words for what a call did: how it came back and what that meant. Equal by value to the engine's, which lies above this package."""

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
