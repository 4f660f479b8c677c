"""Words for calls, used here and in the engine above: what they do, how they came back, what that
meant.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Did the call come back, and how?"""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """Did the call do what it was for?"""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a result means: the verdict, the rule that gave it with its version, and a sentence for
    people. Where the body was weighed, also its score and the signs.
    """

    verdict: Verdict
    rule: str = ""
    sentence: str = ""
    version: int = 0
    score: float = 0.0
    signs: tuple[tuple[str, float], ...] = ()


class Effect(StrEnum):
    """What does a tool do to the world?"""

    READ = "read"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"
