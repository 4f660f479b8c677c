"""Rules as people read them: which one decided, in which version, what it checked. Pure: from
events of the journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.journal.records import JournalRecord

OWN = {
    "allowlist": "the agent's own tools",
    "arguments": "the tool's schema",
    "held": "a definition that nobody has accepted",
    "approval": "",
    "returned": "",
    "no_answer": "",
    "error": "",
    "answer": "",
    "settled": "",
    "lookup": "",
    "acceptance": "done means",
    "breaker": "the tool's breaker",
    "routing": "",
}
"""Rules that every run has, as people call them; empty where the word would repeat what stands
beside it.
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """One criterion as it was met when an answer was judged."""

    name: str
    passed: bool
    sentence: str


def facts(record: JournalRecord) -> Mapping[str, Any]:
    found = record.data.get("facts")
    return found if isinstance(found, Mapping) else {}


def version(record: JournalRecord) -> int:
    """The version of the rule that decided; 0 when it has none, or an older event does not say."""
    found = record.data.get("version") or facts(record).get("version")
    return found if isinstance(found, int) else 0


def named(record: JournalRecord) -> str:
    """`rule refunds-need-a-person v3`, `the tool's schema`; empty where no rule spoke that is worth
    a name.
    """
    rule = record.rule
    if rule in OWN or not rule or rule.startswith("approved by"):
        return OWN.get(rule, "")
    number = version(record)
    kind, colon, name = rule.partition(":")
    said = f"{kind} {name}" if colon else f"rule {rule}"
    return f"{said} v{number}" if number else said


def checks(record: JournalRecord) -> tuple[Checked, ...]:
    """The criteria that were checked for a final answer that was not accepted."""
    found = facts(record).get("checks")
    listed = (
        [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    )
    return tuple(
        Checked(str(each.get("name", "")), bool(each.get("passed")), str(each.get("sentence", "")))
        for each in listed
    )


def lacking(record: JournalRecord) -> str:
    """The names of the criteria that were not met."""
    return ", ".join(check.name for check in checks(record) if not check.passed)
