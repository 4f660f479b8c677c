"""Calls and policies as JSON, with the decision that is expected, so that policies do not change
unnoticed. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from console.json_value import Json
from policies.decision import Decision, DecisionKind
from policies.gate.gate_facts import WRITTEN, AllowedCalls, CallFacts, GatePolicy, RunFacts, over_of
from policies.gate.rules import compile_policy
from policies.gate.unknown import OF_RUNS, Unknown
from policies.gate.words import template_problem
from policies.taint.provenance import ProvenanceTracker
from policies.verdicts import Effect

CALL = frozenset(
    "name agent tool effect args principal principal_id groups run at goal prompt said results "
    "so_far expect".split()
)
EXPECTED = frozenset({"answer", "rule", "over"})
RESULT = frozenset({"tool", "step", "text"})
SAID = frozenset({"goal", "prompt", "said", "results"})
LIMITLESS = frozenset({"ttl_seconds"})
OF_A_RUN = {each.name: each.default for each in fields(RunFacts)}
SHIPPED = {each.name: each.default for each in fields(GatePolicy) if each.default is not MISSING}


class BadCase(ValueError):
    """Something in a file that is not a call, a policy or an expectation; the text says what."""


@dataclass(frozen=True, slots=True)
class ExpectedCase:
    """A call and what is expected of it: some of `answer`, `rule` and `over`."""

    name: str
    facts: CallFacts
    expected: Mapping[str, str]
    unknown: frozenset[Unknown] = frozenset()

    def differs(self, found: Decision) -> dict[str, str]:
        """What came out other than expected, by name."""
        came = {"answer": found.kind.value, "rule": found.rule, "over": over_of(found).value}
        return {name: came[name] for name, value in self.expected.items() if came[name] != value}


def case(raw: Json, number: int) -> ExpectedCase:
    """One case of a file. Raises BadCase."""
    where = f"Case {number}"
    given = _object(raw, CALL, where)
    expected = given.get("expect")
    expected = (
        {"answer": expected}
        if isinstance(expected, str)
        else _object(expected, EXPECTED, f"{where}, expect")
    )
    if not expected or expected.get("answer", DecisionKind.ALLOW.value) not in WRITTEN:
        raise BadCase(
            f"{where}: expect one of {', '.join(WRITTEN)}, or an object with answer, rule or over."
        )
    name = str(given.get("name") or f"{given.get('tool', '?')} {number}")
    return ExpectedCase(
        name,
        facts(given, where),
        {key: str(value) for key, value in expected.items()},
        left_out(given),
    )


def left_out(given: Mapping[str, Json]) -> frozenset[Unknown]:
    """The facts that a written call does not give: judged by a guess, it could pass where a live
    gate would refuse.
    """
    told = {name for name in given if given[name] is not None}
    of_run = {f"run.{name}" for name in given.get("run") or ()} | (
        {"run.goal"} if "goal" in told else set()
    )
    unknown = {each for path, each in OF_RUNS.items() if path not in of_run}
    if not told & SAID:
        unknown.add(Unknown.SOURCES)
    if "so_far" not in told:
        unknown |= {Unknown.RUN_COUNT, Unknown.HOUR_COUNT}
    if "principal_id" not in told:
        unknown.add(Unknown.WHO)
    if "groups" not in told:
        unknown.add(Unknown.GROUPS)
    return frozenset(unknown if "at" in told else {*unknown, Unknown.TIME})


def facts(given: Mapping[str, Json], where: str = "The call") -> CallFacts:
    """A call as the gate sees it.

    `goal`, `prompt` and `said` are trusted, `results` are what tools brought back. Raises BadCase.
    """
    if not isinstance(given.get("tool"), str) or not given["tool"]:
        raise BadCase(f"{where}: which tool?")
    args = given.get("args", {})
    given = {name: value for name, value in given.items() if value is not None}
    goal, tallies = (
        str(given.get("goal", "")),
        _object(given.get("so_far", {}), None, f"{where}, so_far"),
    )
    counted = {policy: _tally(tally, f"{where}, so_far") for policy, tally in tallies.items()}
    return CallFacts(
        agent=str(given.get("agent", "")),
        tool=given["tool"],
        effect=str(given.get("effect", Effect.IRREVERSIBLE.value)),
        args=args,
        principal=str(given.get("principal", "")),
        person=str(given.get("principal_id", "")),
        groups=frozenset(map(str, _list(given, "groups", where))),
        run=_run(given.get("run", {}), goal, where),
        at=_time(given["at"], where) if given.get("at") else None,
        provenance=_tracker(given, goal, where),
        so_far=lambda policy: counted.get(policy, AllowedCalls()),
    )


def policy(raw: Json, number: int) -> GatePolicy:
    """One policy of a file.

    Raises BadCase, with line and column for an expression that cannot be read.
    """
    where = f"Policy {number}"
    given = _object(raw, frozenset({"name", "verdict", "enabled", "note", *SHIPPED}), where)
    if not isinstance(given.get("name"), str) or given.get("verdict") not in WRITTEN:
        raise BadCase(f"{where}: it needs a name, and as its verdict one of {', '.join(WRITTEN)}.")
    known = {name: value for name, value in given.items() if name not in {"enabled", "note"}}
    given_values = {
        name: value
        for name, value in known.items()
        if name in SHIPPED and (value is not None or name not in LIMITLESS)
    }
    if wrong := [name for name, value in given_values.items() if not _like(value, SHIPPED[name])]:
        raise BadCase(f"{where} “{given['name']}”: {', '.join(wrong)} cannot be that.")
    verdict = DecisionKind(known["verdict"])
    over_cap = DecisionKind(known.get("over_cap", DecisionKind.ASK))
    made = GatePolicy(**{**known, "verdict": verdict, "over_cap": over_cap})
    if problem := compile_policy(made).broken or template_problem(made.sentence):
        raise BadCase(f"{where} “{made.name}”: {problem}")
    return made


def _like(value: Json, shipped: Json) -> bool:
    if shipped is None:
        return value is None or (isinstance(value, int) and not isinstance(value, bool))
    if isinstance(shipped, DecisionKind):
        return value in (DecisionKind.DENY.value, DecisionKind.ASK.value)
    return isinstance(value, type(shipped)) and isinstance(value, bool) is isinstance(shipped, bool)


def _object(raw: Json, known: frozenset[str] | None, where: str) -> Mapping[str, Json]:
    if not isinstance(raw, Mapping):
        raise BadCase(f"{where}: that is not an object.")
    if known is not None and (strange := sorted(set(raw) - known)):
        raise BadCase(
            f"{where}: there is no {', '.join(strange)}; there are {', '.join(sorted(known))}."
        )
    return raw


def _tally(raw: Json, where: str) -> AllowedCalls:
    given = _object(raw, frozenset({"run", "hour"}), where)
    return AllowedCalls(_count(given, "run", where), _count(given, "hour", where))


def _count(given: Mapping[str, Json], name: str, where: str) -> int:
    value = given.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadCase(f"{where}: {name} is a whole number.")
    return value


def _list(given: Mapping[str, Json], name: str, where: str) -> Sequence[Json]:
    value = given.get(name, [])
    if not isinstance(value, list):
        raise BadCase(f"{where}: {name} is a list.")
    return value


def _run(raw: Json, goal: str, where: str) -> RunFacts:
    given = dict(_object(raw, frozenset(OF_A_RUN), f"{where}, run"))
    if given.get("usd") is not None:
        given["usd"] = _usd(given["usd"], where)
    told = {name: value for name, value in given.items() if name != "usd"}
    if wrong := [name for name, value in told.items() if not _like(value, OF_A_RUN[name])]:
        raise BadCase(f"{where}, run: {', '.join(wrong)} cannot be that.")
    return RunFacts(**{"goal": goal, **given})


def _usd(raw: Json, where: str) -> Decimal:
    try:
        usd = Decimal(str(raw))
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite():
        raise BadCase(f"{where}, run: usd is a number.")
    return usd


def _time(raw: Json, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(raw))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError as wrong:
        raise BadCase(f"{where}: {raw!r} is not a time.") from wrong


def _tracker(given: Mapping[str, Json], goal: str, where: str) -> ProvenanceTracker:
    tracker = ProvenanceTracker([goal, str(given.get("prompt", "")), str(given.get("said", ""))])
    for result in _list(given, "results", where):
        one = _object(result, RESULT, f"{where}, results")
        step = _count(one, "step", f"{where}, results")
        tracker.hear(str(one.get("tool", "")), step, str(one.get("text", "")))
    return tracker
