"""What people read about a call that was judged: the policy's own sentence with the call's facts
filled in, or one made from its rule.
"""

import re
from collections.abc import Mapping

from console import figures
from console.json_value import Json
from policies.gate.gate_facts import RUN_FIELDS, CallFacts, GatePolicy, Over
from policies.verdicts import Effect

BLANK = re.compile(r"\{([^{}]*)\}")
NAME = re.compile(
    r"(args(?:\.[\w-]{1,60}){1,6}|tool|agent|principal|run\.(?:"
    + "|".join(RUN_FIELDS)
    + r"))(:money)?"
)
KNOWN = "{args.NAME}, {args.NAME:money}, {tool}, {agent}, {principal} and {run.step}"
SHOWN = 60
ASKS: Mapping[str, str] = {
    Effect.IRREVERSIBLE: "{tool} cannot be undone, so a person decides.",
    Effect.REVERSIBLE: "{tool} changes something, if not for good, and a person decides on it.",
}


def template_problem(template: str) -> str | None:
    """What is wrong with a sentence as it was written; None when nothing is."""
    for inside in BLANK.findall(template):
        if NAME.fullmatch(inside) is None:
            return f"{{{inside}}} cannot be filled in; {KNOWN} can"
    return None


def filled(template: str, facts: CallFacts) -> str:
    """The template with its blanks filled in; what is not there reads as a dash."""
    return BLANK.sub(lambda found: _value(found[1], facts), template).strip()


def asking(policy: GatePolicy, facts: CallFacts) -> str:
    return filled(policy.sentence, facts) or ASKS.get(
        facts.effect, "A person decides on {tool}."
    ).format(tool=facts.tool)


def denying(policy: GatePolicy, facts: CallFacts) -> str:
    return (
        filled(policy.sentence, facts)
        or f"The policy {policy.name} does not allow {facts.agent} to call {facts.tool}."
    )


def over(policy: GatePolicy, facts: CallFacts, which: Over, paths: tuple[str, ...]) -> str:
    """Counts have a sentence of their own: the policy's speaks of the arguments."""
    if which is Over.RUN:
        return (
            f"{policy.name} allows {facts.tool} without a person {policy.cap_per_run} times in one"
            " run, and that many there were."
        )
    if which is Over.HOUR:
        return (
            f"{policy.name} allows {facts.agent} {policy.cap_per_hour} calls in an hour, and that"
            " many there were."
        )
    values = ", ".join(f"{path} is {_value(path, facts)}" for path in paths)
    told = f" ({values})" if values else ""
    return (
        filled(policy.sentence, facts)
        or f"{facts.tool} is over what {policy.name} allows: {_line(policy.caps, 200)}{told}."
    )


def allowing(policy: GatePolicy) -> str:
    return f"{policy.name} allows it."


def failing(policy: GatePolicy, facts: CallFacts, error: str) -> str:
    return f"The policy {policy.name} could not be applied, so {facts.tool} is refused: {error}."


def nobody(facts: CallFacts) -> str:
    for_whom = f" for {facts.principal}" if facts.principal else ""
    return f"No policy allows {facts.agent} to call {facts.tool}{for_whom}."


def _value(inside: str, facts: CallFacts) -> str:
    found = NAME.fullmatch(inside)
    if found is None:
        return "–"
    root, *steps = found[1].split(".")
    run = {name: getattr(facts.run, name) for name in RUN_FIELDS}
    value: Json = {
        "args": facts.args,
        "tool": facts.tool,
        "agent": facts.agent,
        "principal": facts.principal,
        "run": run,
    }[root]
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return _money(value) if found[2] else _line(value, SHOWN)


def _money(value: Json) -> str:
    try:
        return f"{float(value):,.2f}"
    except (TypeError, ValueError, OverflowError):
        return _line(value, SHOWN)


def _line(value: Json, longest: int) -> str:
    if value is None:
        return "–"
    return figures.line(str(value), longest)
