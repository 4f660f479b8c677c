"""Scopes: what a person may let an agent do on their behalf, whatever else allows the call. Pure.

A tool that needs a scope is called only for a principal of a group that holds it; a tool that needs
none is for everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from policies.decision import Decision, DecisionKind
from policies.patterns import fits

RULE = "scope"


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """`scopes` are names and patterns separated by spaces; an empty `group` is everybody."""

    name: str
    group: str
    scopes: str
    version: int = 1


def holds(scope: str, groups: frozenset[str], grants: Sequence[ScopeRule]) -> bool:
    return not scope or any(
        (not grant.group or grant.group in groups) and fits(scope, grant.scopes) for grant in grants
    )


def lacking(tool: str, scope: str, principal: str) -> Decision:
    """The refusal of a call whose principal lacks the scope, whatever else allows the call."""
    sentence = (
        f"{tool} needs the scope {scope}, and {principal}, for whom this run works, does not"
        " hold it."
    )
    return Decision(DecisionKind.DENY, f"{RULE}:{scope}", sentence=sentence)
