"""What may be made to wait for a second person, and who may be that person. Pure.

Only what widens waits. What narrows never does: halting, taking a role away and lowering a budget
are what people do in an emergency, and one of them is alone then.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from console import figures

RowFacts = Mapping[str, Any]
"""A row's columns and relations by name, as the journal's edits have them. Empty: no such row."""
NOTHING = "nothing"
SPECIAL = frozenset("*?[")


class WideningKind(StrEnum):
    """What a rule of four eyes is about. The values are stored."""

    ROLE = "role"
    SCOPE = "scope"
    TOOL_POLICY = "tool_policy"
    BUDGET = "budget"
    LEVER = "lever"

    @property
    def words(self) -> str:
        return WORDS[self]


WORDS: Mapping[WideningKind, str] = {
    WideningKind.ROLE: "roles and rights of people",
    WideningKind.SCOPE: "scope grants",
    WideningKind.TOOL_POLICY: "tool policies that are loosened",
    WideningKind.BUDGET: "budgets and limits that are raised",
    WideningKind.LEVER: "halts and tools cut off by hand that are let go",
}


class ChangeStatus(StrEnum):
    """Where a proposed change stands. All but the first are final."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Widening:
    """One thing that becomes wider: what it is, what it was, and what it would be."""

    what: str
    old: str
    new: str


BEHOLDEN = (
    "{name} gave you a link or a password lately, and could act as you: somebody else has to"
    " confirm it, or you from {until} on."
)


OWN = "Nobody widens their own rights, not even by confirming it."


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Who wants to answer a proposed change. `obstacle`: why the rules of what is changed keep them
    from making the change themselves; empty when nothing does. `beholden_until`: until when they
    are not known to be another person than whoever proposed it, who gave them their way in.
    """

    id: str
    holds_right: bool
    obstacle: str = ""
    beholden_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposalPosition:
    """A proposed change as far as it matters who answers it. `proposer_left`: why whoever proposed
    it could not make it any more.
    """

    status: ChangeStatus
    proposer: str
    name: str
    expires_at: datetime
    proposer_left: str = ""


def over(change: ProposalPosition, at: datetime) -> str:
    """Why nobody can answer it any more; empty while somebody can."""
    if change.status is not ChangeStatus.OPEN:
        return f"This change is {change.status.value} already."
    if change.expires_at <= at:
        return f"Nobody confirmed it until {figures.moment(change.expires_at)}; propose it again."
    return ""


def confirming(change: ProposalPosition, who: SecondPerson, at: datetime) -> str:
    """Why this person cannot confirm the change; empty when they can."""
    if who.id == change.proposer:
        return "You proposed this change, so somebody else has to confirm it."
    if change.proposer_left:
        return f"{change.name} could not make this change any more: {change.proposer_left}"
    if who.beholden_until is not None and at < who.beholden_until:
        return BEHOLDEN.format(name=change.name, until=figures.moment(who.beholden_until))
    return refusing(change, who, at)


def refusing(change: ProposalPosition, who: SecondPerson, at: datetime) -> str:
    """Why this person cannot refuse the change; empty when they can."""
    if no := over(change, at):
        return no
    if not who.holds_right:
        return "Only somebody who may make this change alone decides about it."
    return who.obstacle


def withdrawing(change: ProposalPosition, who: SecondPerson, at: datetime) -> str:
    """Why this person cannot withdraw the change; empty when they can."""
    if who.id != change.proposer:
        return f"Only {change.name} can withdraw it; you may refuse it."
    return over(change, at)


def covered(names: str, by: str) -> bool:
    """Whether every name or pattern stands for no more than patterns of `by` do. When in doubt, it
    does not: `a?` is not said to lie within `a[bc]`.
    """
    return all(any(within(each, wider) for wider in by.split()) for each in names.split())


def within(name: str, pattern: str) -> bool:
    if name == pattern:
        return True
    stem = pattern.removesuffix("*")
    if stem != pattern and not SPECIAL & set(stem):
        return name.startswith(stem)
    return not SPECIAL & set(name) and fnmatchcase(name, pattern)


def added(before: Collection[str], after: Collection[str]) -> list[str]:
    return sorted(set(after) - set(before))
