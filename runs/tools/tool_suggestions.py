"""What a tool probably does, from its name, its server's hints and its description: a suggestion
that an admin takes or not, with its reason. Pure; decides nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.json_value import Json
from runs.engine.vocabulary import Effect

READS = frozenset(
    """get list search find read fetch show describe count look lookup query view check export
    status stat head browse convert calculate compare diff log preview""".split()
)
UNDONE = frozenset(
    """update set add assign link label rename move enable disable archive star comment append
    write edit create insert draft open lock reopen book reserve""".split()
)
FINAL = frozenset(
    """delete deletes deleted remove removes removed drop send sends sent email emails pay pays
    payment refund refunds charge charges transfer transfers wipe purge destroy publish execute run
    kill terminate cancel merge merges submit deploy post""".split()
)
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Fields for a tool, and the word that spoke for them."""

    effect: Effect
    idempotent: bool
    scope: str
    because: str


def suggested(server: str, tool: str, facts: Mapping[str, Json]) -> Suggestion:
    """The gravest reading wins: a description that tells of a deletion outweighs a name that reads,
    and a hint alone makes nothing harmless that its own words contradict.
    """
    name, told = words(tool), words(str(facts.get("description") or ""))
    effect, because = _effect(name, told, facts)
    verb = {Effect.READ: "read", Effect.REVERSIBLE: "write"}.get(effect, "act")
    return Suggestion(
        effect,
        effect is Effect.READ
        or (bool(facts.get("idempotent")) and effect is not Effect.IRREVERSIBLE),
        f"{server}:{verb}",
        because,
    )


def _effect(name: list[str], told: list[str], facts: Mapping[str, Json]) -> tuple[Effect, str]:
    claims = facts.get("effect") == Effect.READ
    first = name[0] if name else ""
    if grave := _first(name, FINAL):
        return Effect.IRREVERSIBLE, f"its name says “{grave}”"
    if grave := _first(told, FINAL):
        return Effect.IRREVERSIBLE, f"its description says “{grave}”"
    if first in READS:
        return Effect.READ, f"its name begins with “{first}”"
    if claims and not _first(name, UNDONE):
        return Effect.READ, "its server says that it only reads"
    if change := _first(name, UNDONE):
        return Effect.REVERSIBLE, f"its name says “{change}”"
    return Effect.IRREVERSIBLE, "nothing says what it does"


def words(text: str) -> list[str]:
    """Small words of a name in any of the usual spellings, or of a sentence."""
    return [found.lower() for found in WORD.findall(text)]


def _first(said: Iterable[str], of: frozenset[str]) -> str:
    return next((word for word in said if word in of), "")
