"""Names and patterns as administrators write them, separated by spaces: `issue_refund kb_* time.*`.

Pure.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar


class Aimed(Protocol):
    """A policy for some tools. The policy with the lowest priority decides; among equals, the first
    by name.
    """

    @property
    def name(self) -> str: ...

    @property
    def tools(self) -> str: ...

    @property
    def priority(self) -> int: ...


WILD = frozenset("*?[")
AimedPolicy = TypeVar("AimedPolicy", bound=Aimed)


def fits(name: str, patterns: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns.split())


def wild(word: str) -> bool:
    """Whether it is a pattern and not a name."""
    return bool(WILD & set(word))


def ordered(policies: Iterable[AimedPolicy]) -> tuple[AimedPolicy, ...]:
    return tuple(sorted(policies, key=lambda policy: (policy.priority, policy.name)))


def first(tool: str, policies: Iterable[AimedPolicy]) -> AimedPolicy | None:
    """The policy for this tool, None when none fits; `policies` are `ordered`."""
    return next((policy for policy in policies if fits(tool, policy.tools)), None)


def guess(name: str, among: Iterable[str]) -> str:
    """The end of a sentence about a name that is not there: which one may be meant."""
    close = get_close_matches(name, list(among), n=1)
    return f"; did you mean “{close[0]}”?" if close else "."
