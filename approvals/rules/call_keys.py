"""What a call that needs a person is known by in other runs: its tool with the amount and those it
is about, else with all of its arguments. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from approvals.rules import amounts, headlines
from policies.gate import effect_keys

HARMLESS = "read"


def key(tool: str, args: Mapping[str, Any], effect: str = "") -> str:
    """A text that two calls share when they would do the same, whatever reasons and notes they
    give; "" for a call that only reads, or that says nothing.
    """
    if effect == HARMLESS:
        return ""
    names = [*telling(args)] or [name for name in args if says(args, name)]
    return effect_keys.proposed(tool, names, args).key if names else ""


def telling(args: Mapping[str, Any]) -> Iterator[str]:
    """The names of the sums, and of whom and what they are for; none unless there are both."""
    sums = [name for name, value in args.items() if is_sum(name, value)]
    about = [name for name in args if names_somebody(name) and says(args, name)]
    if sums and about:
        yield from (*sums, *about)


def is_sum(name: str, value: Any) -> bool:
    words = amounts.words_of(name)
    return amounts.is_money(words) and amounts.read(value, words, "") is not None


def names_somebody(name: str) -> bool:
    return name in headlines.TARGETS or name.endswith("_id")


def says(args: Mapping[str, Any], name: str) -> bool:
    return effect_keys.canonical(effect_keys.valued(args, name)) is not None
