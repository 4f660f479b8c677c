"""Whether what has to hold held, from the facts of a run that is over. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import StopReason
from runs.incidents.incident import Expectation, Incident

COUNTS: Final[Mapping[str, str]] = {
    "made": "effects of {name}",
    "standing": "effects of {name} that were not undone",
    "arrived": "calls of {name} that arrived at the far side",
    "tries": "arrivals of calls of {name}, repeated ones as well",
    "failed": "calls of {name} that count as failed",
    "events": "events {name}",
    "asked": "questions to a person about {name}",
    "refused": "refused calls of {name}",
    "rules": "refusals and questions by the policy {name}",
    "hints": "words to the agent by {name}",
    "figures": "{name} of the run",
}
"""What can be counted, and how a sentence says it."""


@dataclass(frozen=True, slots=True)
class PlayFacts:
    """What is known of one run of an incident: the reason for which it is over, empty while it is
    not; the counts of each kind; by tool, the calls that arrived though no person said yes to them.
    """

    end: str
    counts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unapproved: Mapping[str, int] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What came of one expectation: `wrong` says why it did not hold, and is empty when it did."""

    sentence: str
    wrong: str = ""


def judge(incident: Incident, facts: PlayFacts) -> list[CheckFinding]:
    """A finding for each expectation, in their order."""
    return [
        CheckFinding(each.sentence, begun("; ".join(wrongs(each, facts))))
        for each in incident.holds
    ]


def wrongs(expected: Expectation, facts: PlayFacts) -> list[str]:
    """What is otherwise than expected, in words."""
    found = []
    if expected.ends and facts.end not in expected.ends:
        found.append(f"it ended as {titled(facts.end)}, not {either(expected.ends)}")
    for kind, names in (expected.counts or {}).items():
        for name, (least, most) in names.items():
            seen = facts.counts.get(kind, {}).get(name, 0)
            if not least <= seen <= most:
                what = COUNTS[kind].format(name=name)
                found.append(f"{what}: {seen:g}, not {between(least, most)}")
    found += [
        f"calls of {tool} that no person said yes to: {facts.unapproved[tool]}"
        for tool in expected.approved_only
        if facts.unapproved.get(tool)
    ]
    return found


def either(ends: tuple[str, ...]) -> str:
    return " or ".join(map(titled, ends))


def titled(end: str) -> str:
    """A stop reason as people read it."""
    return f"“{EXPLANATIONS[StopReason(end)].title}”" if end else "nothing yet"


def begun(sentence: str) -> str:
    """The sentence with a capital letter, and otherwise as it is."""
    return f"{sentence[:1].upper()}{sentence[1:]}"


def between(least: float, most: float) -> str:
    return f"{least:g}" if least == most else f"{least:g} to {most:g}"
