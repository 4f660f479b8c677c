"""Conditions that read only what seldom changes between calls: who calls, which tool, that no
argument is a link.

The same facts give the same answer, so such a condition is evaluated once for them. A step costs
less, and no decision differs.
"""

from collections.abc import Callable, Hashable, Mapping

from policies.cel import cel_source
from policies.gate.gate_facts import PREPARED, VOCABULARY, CallFacts

LINKS = "links_of_args"
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


def reads(source: str, functions: frozenset[str]) -> tuple[str, ...] | None:
    """The names that a valid condition reads, if all of them are steady; else None. `functions` are
    those it calls.
    """
    if functions & OF_THE_BOOK:
        return None
    written = cel_source.prepared(source, cel_source.tokens(source), PREPARED)
    words = cel_source.tokens(written)
    found = {
        path
        for root in (*VOCABULARY, *PREPARED.values())
        for path, _, _ in cel_source.paths(words, root)
    }
    return tuple(sorted(found)) if found <= READ.keys() else None


def key(read: tuple[str, ...], facts: CallFacts) -> ConditionKey:
    """The values that are read of these facts. Only calls without links may be remembered: the
    caller checks that first.
    """
    return tuple(READ[path](facts) for path in read)
