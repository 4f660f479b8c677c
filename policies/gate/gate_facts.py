"""The facts that the tool gate judges by, and a policy as it is written. Plain frozen facts.

Arguments come from a model: `impossible` says which ones no rule should be asked about.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from console.json_value import Json
from policies.cel.expression import Unanswerable
from policies.cel.functions import links
from policies.decision import Decision, DecisionKind
from policies.taint.provenance import Provenance

ANY = "any"
MOST_VALUES = 20_000
MOST_CHARACTERS = 2_000_000
DEEPEST = 32
LARGEST = 2**63  # CEL's integers end there


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What conditions may ask about a run. `usd` is None when a price is unknown; `recorded` when
    it is a recording that is played back.
    """

    id: str = ""
    step: int = 0
    calls: int = 0
    tokens: int = 0
    usd: Decimal | None = Decimal(0)
    goal: str = ""
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class AllowedCalls:
    """How many calls a policy has allowed so far: to this run, and to this agent in this hour of
    the clock.
    """

    run: int = 0
    hour: int = 0


def nothing_yet(_policy: str) -> AllowedCalls:
    return AllowedCalls()


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One proposed call, for `person` (an opaque id), who is called `principal`.

    `so_far(policy)` is only asked for policies that count; without `provenance`, `tainted(…)` has
    no answer.
    """

    agent: str
    tool: str
    effect: str
    args: Mapping[str, Json]
    principal: str = ""
    groups: frozenset[str] = frozenset()
    run: RunFacts = RunFacts()
    at: datetime | None = None
    provenance: Provenance | None = None
    so_far: Callable[[str], AllowedCalls] = nothing_yet
    person: str = ""


class Over(StrEnum):
    """Which cap a call is over."""

    NONE = ""
    CAPS = "caps"
    RUN = "calls per run"
    HOUR = "calls per hour"


@dataclass(frozen=True, slots=True)
class ApprovalTerms:
    """How a person is asked: `quorum` members of each of the groups in `group` must agree within
    `ttl` seconds (None: without limit).
    """

    group: str = "approver"
    quorum: int = 1
    ttl: int | None = 1_800
    on_expiry: str = "deny"
    escalate_to: str = "admin"
    four_eyes: bool = True


ASKING = ApprovalTerms()


WRITTEN = (
    DecisionKind.ALLOW,
    DecisionKind.ALLOW_WITH_CAPS,
    DecisionKind.ASK,
    DecisionKind.DENY,
)
"""The decisions that a policy can be written to make; it neither pauses nor stops a run."""


def over_of(found: Decision) -> Over:
    """The cap that the call is over, by the gate's decision."""
    return Over(found.facts.get("over", Over.NONE))


def hourly_cap(found: Decision) -> int | None:
    """The cap per hour that an allowed call must still be counted against."""
    cap: int | None = found.facts.get("hourly")
    return cap


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """A policy as an administrator wrote it; `agent` and `tool` are patterns separated by spaces,
    lowest `priority` first.
    """

    name: str
    verdict: DecisionKind
    version: int = 1
    agent: str = "*"
    tool: str = "*"
    effect: str = ANY
    group: str = ""
    condition: str = ""
    caps: str = ""
    cap_per_run: int | None = None
    cap_per_hour: int | None = None
    over_cap: DecisionKind = DecisionKind.ASK
    sentence: str = ""
    priority: int = 100
    approver_group: str = ASKING.group
    quorum: int = ASKING.quorum
    ttl_seconds: int | None = ASKING.ttl
    on_expiry: str = ASKING.on_expiry
    escalate_to: str = ASKING.escalate_to
    four_eyes: bool = ASKING.four_eyes
    effect_key: str = ""
    effect_hours: int | None = None

    @property
    def terms(self) -> dict[str, Json]:
        """How a person is asked: the fields of `ApprovalTerms`, as journalled."""
        return {
            "group": self.approver_group,
            "quorum": self.quorum,
            "ttl": self.ttl_seconds,
            "on_expiry": self.on_expiry,
            "escalate_to": self.escalate_to,
            "four_eyes": self.four_eyes,
        }


LINKS = "links_of_args"
PREPARED = {"links(args)": LINKS}  # many policies ask it of one call
FIELDS: Mapping[str, Callable[[CallFacts], Json]] = {
    "run.id": lambda facts: facts.run.id,
    "run.step": lambda facts: facts.run.step,
    "run.calls": lambda facts: facts.run.calls,
    "run.tokens": lambda facts: facts.run.tokens,
    "run.usd": lambda facts: None if facts.run.usd is None else float(facts.run.usd),
    "run.goal": lambda facts: facts.run.goal,
    "run.recorded": lambda facts: facts.run.recorded,
    "agent.name": lambda facts: facts.agent,
    "principal.name": lambda facts: facts.principal,
    "principal.id": lambda facts: facts.person,
    "principal.groups": lambda facts: sorted(facts.groups),
    "tool.name": lambda facts: facts.tool,
    "tool.effect": lambda facts: facts.effect,
}


def _fields(root: str) -> tuple[str, ...]:
    return tuple(name.partition(".")[2] for name in FIELDS if name.startswith(f"{root}."))


RUN_FIELDS = _fields("run")
VOCABULARY: Mapping[str, tuple[str, ...] | None] = {
    "args": None,
    "run": RUN_FIELDS,
    "agent": _fields("agent"),
    "principal": _fields("principal"),
    "tool": _fields("tool"),
    "now": None,
}
ROOT = re.compile(r"\w+", re.ASCII)


def named(paths: Iterable[str]) -> frozenset[str]:
    """The names of the facts that are read by these paths: a field like `run.step` where the path
    goes there plainly, all of the variable where it does not.
    """
    found = set()
    for path in paths:
        field = ".".join(path.split(".", 2)[:2])
        root = ROOT.match(path)
        found.add(field if field in FIELDS or root is None else root[0])
    return frozenset(
        name for name in found if name not in FIELDS or name.partition(".")[0] not in found
    )


def variables(facts: CallFacts, names: frozenset[str]) -> dict[str, Json]:
    """The facts under the names that expressions use, made only for the names that are used: of a
    variable with fields either all of them, or those that are `named`.
    """
    made: dict[str, Json] = {}
    for name in names:
        if name in FIELDS:
            root, _, field = name.partition(".")
            made.setdefault(root, {})[field] = FIELDS[name](facts)
        elif name in WHOLE:
            made[name] = WHOLE[name](facts)
        else:
            made[name] = {each: FIELDS[f"{name}.{each}"](facts) for each in _fields(name)}
    if made.get("now", facts) is None:
        del made["now"]
    return made


def links_of(facts: CallFacts) -> list[str]:
    """The arguments that are links. Raises Unanswerable when there are more than can be judged, and
    such a call is denied.
    """
    complaints: list[str] = []
    found = links(facts.args, complaints)
    if complaints:
        raise Unanswerable(complaints[0])
    return found or []


WHOLE: Mapping[str, Callable[[CallFacts], Json]] = {
    "args": lambda facts: facts.args,
    "now": lambda facts: facts.at,
    LINKS: links_of,
}


def impossible(args: Json) -> str | None:
    """Why no rule can be asked about these arguments; None when one can.

    Iterative and bounded, whatever was sent.
    """
    if not isinstance(args, Mapping):
        return "they are not a JSON object"
    values = characters = 0
    open_: list[tuple[Json, int]] = [(args, 0)]
    while open_:
        value, depth = open_.pop()
        values += 1
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, Mapping):
            if not all(isinstance(key, str) for key in value):
                return "a field's name in them is not text"
            characters += sum(map(len, value))
            open_ += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list | tuple):
            open_ += [(each, depth + 1) for each in value]
        elif wrong := _odd(value):
            return wrong
        if depth > DEEPEST or values + len(open_) > MOST_VALUES or characters > MOST_CHARACTERS:
            return "they are too large or too deep to be judged"
    return None


def _odd(value: Json) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if -LARGEST <= value < LARGEST else "a number in them has too many digits"
    if isinstance(value, float | Decimal):
        return None if math.isfinite(value) else f"{value} is not a number"
    return f"{type(value).__name__} is not JSON"
