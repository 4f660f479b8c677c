"""Conditions that read only what seldom changes between calls: who calls, which tool, that no
argument is a link.

The same facts give the same answer, so such a condition is evaluated once for them. A step costs
less, and no decision differs.
"""

from collections.abc import Callable, Hashable, Mapping

from policies.gate.gate_facts import LINKS, CallFacts

# what they answer changes with all that is read and said
OF_THE_BOOK = frozenset({"tainted", "trusted", "said", "origins", "recorded", "listed"})
READ: Mapping[str, Callable[[CallFacts], Hashable]] = {
    "agent.name": lambda facts: facts.agent,
    "tool.name": lambda facts: facts.tool,
    "tool.effect": lambda facts: facts.effect,
    "principal.name": lambda facts: facts.principal,
    "principal.id": lambda facts: facts.person,
    "principal.groups": lambda facts: facts.groups,
    "run.recorded": lambda facts: facts.run.recorded,
    LINKS: lambda facts: (),
}
ConditionKey = tuple[Hashable, ...]


def steady(reads: frozenset[str], functions: frozenset[str]) -> tuple[str, ...] | None:
    """What a valid condition `reads`, in order, if all of it is steady; else None. `functions` are
    those it calls.
    """
    if functions & OF_THE_BOOK:
        return None
    return tuple(sorted(reads)) if reads <= READ.keys() else None


def key(read: tuple[str, ...], facts: CallFacts) -> ConditionKey:
    """The values that are read of these facts. Only calls without links may be remembered: the
    caller checks that first.
    """
    return tuple(READ[path](facts) for path in read)
