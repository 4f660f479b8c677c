"""When two calls have one effect: the arguments that a tool or a policy names are equal, however
the rest is worded. Says what becomes of the second. Pure.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from console.json_value import Json
from policies.decision import Decision, DecisionKind
from policies.taint.normal_form import decoded, numbers, spaced
from policies.taint.search_terms import addresses

RULE = "effect-key"
WRITTEN_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?", re.ASCII)
NAME = re.compile(r"[A-Za-z_][\w-]{0,60}(?:\.[A-Za-z_][\w-]{0,60}){0,5}")
MOST_NAMES = 12
OF_A_NUMBER = re.compile(r"#[+-]?[\d.]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class EarlierEffect:
    """A call with the same effect key: its name within its run, which is `run`, empty for the run
    that proposes the other one.

    `done`: it is known to have succeeded; otherwise it is in flight or in doubt. `otherwise` names
    the arguments in which the two differ by more than words.
    """

    call: str
    step: int
    done: bool
    run: str = ""
    at: datetime | None = None
    otherwise: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the journal calls it: the call alone, or the other run and its call."""
        return f"{self.run}/{self.call}" if self.run else self.call

    @property
    def where(self) -> str:
        return f"at step {self.step} of run {self.run[:8]}" if self.run else f"at step {self.step}"

    @property
    def facts(self) -> dict[str, Json]:
        """What a person is told of it beside the question, as journalled."""
        told = {"run": self.run, "call": self.call, "step": self.step, "done": self.done}
        return {**told, "at": self.at.isoformat() if self.at else None}


@dataclass(frozen=True, slots=True)
class ProposedEffect:
    """What a proposed call is known by: the digest of its effect key, the `names` of the arguments
    that make it, and those that it misses for one.

    `until`: how long it counts over all runs of the house; None for its own run alone. `elsewhere`:
    the call of another run that has it.
    """

    key: str = ""
    names: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    until: datetime | None = None
    elsewhere: EarlierEffect | None = None


def names_of(text: str) -> tuple[str, ...]:
    """The names in a field of a form: separated by spaces or commas, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def problem(names: Iterable[str]) -> str | None:
    """What is wrong with names of arguments; None when nothing is."""
    named = list(names)
    if wrong := [each for each in named if NAME.fullmatch(each) is None]:
        return f"{wrong[0]!r} is no name of an argument, such as order_id or customer.id"
    return f"more than {MOST_NAMES} arguments" if len(named) > MOST_NAMES else None


def proposed(
    tool: str, names: Iterable[str], args: Mapping[str, Json], until: datetime | None = None
) -> ProposedEffect:
    """The effect of a call by the arguments of these names."""
    values = {name: canonical(valued(args, name)) for name in names}
    named = tuple(values)
    if missing := tuple(name for name, value in values.items() if value is None):
        return ProposedEffect(names=named, missing=missing, until=until)
    text = json.dumps([tool, sorted(values.items())], separators=(",", ":"))
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return ProposedEffect(key, named, until=until)


def valued(args: Mapping[str, Json], name: str) -> Json:
    """The argument of that name; dots lead into objects."""
    found: Json = args
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def canonical(value: Json) -> Json:
    """A value in one form, whatever the order, letter case, spaces and way to write a number; None
    where there is nothing.
    """
    match value:
        case None:
            return None
        case bool():
            return value
        case int() | float() | Decimal():
            return number(Decimal(str(value)))
        case str():
            plain = spaced(decoded(value))
            if WRITTEN_NUMBER.fullmatch(plain):
                return number(Decimal(plain))
            return plain or None
        case Mapping():
            fields = {str(name): canonical(each) for name, each in sorted(value.items())}
            return {name: each for name, each in fields.items() if each is not None} or None
        case _:
            found = [canonical(each) for each in value]
            return sorted((each for each in found if each is not None), key=json.dumps) or None


def number(value: Decimal) -> str:
    """A number in the one way that it is written here: order "#1042" is order 1042."""
    plain = f"{value.normalize():f}" if value else "0"
    return f"#{plain}"


def bearing(value: Json) -> Json:
    """What an argument says besides words: numbers, addresses, and whether something is so."""
    match canonical(value):
        case str() as text if OF_A_NUMBER.fullmatch(text):
            return text
        case str() as text:
            return sorted(numbers(text) | addresses(text)) or None
        case dict() as fields:
            found = {name: bearing(each) for name, each in fields.items()}
            return {name: each for name, each in found.items() if each is not None} or None
        case list() as several:
            return [each for each in map(bearing, several) if each is not None] or None
        case other:
            return other


def otherwise(
    names: Iterable[str], one: Mapping[str, Json], other: Mapping[str, Json]
) -> tuple[str, ...]:
    """The arguments outside of the key in which two calls differ by more than words, in order."""
    named = {name.partition(".")[0] for name in names}
    every = [name for name in sorted({*one, *other}) if name not in named]
    return tuple(name for name in every if bearing(one.get(name)) != bearing(other.get(name)))


def judge(
    found: Decision,
    tool: str,
    effect: ProposedEffect | None,
    earlier: Sequence[EarlierEffect],
    told: str | None,
) -> Decision:
    """What becomes of a call that may be made by all other rules.

    `earlier` are the calls that have had this effect: the run's own first, then another run's.
    `told`: those of them that a person was shown who let this one through, by name, empty when they
    were shown none; None while nobody has decided.
    """
    if effect is None:
        return found
    if effect.missing:
        return found if told is not None else asked(found, unnamed(tool, effect.missing), {})
    known = (told or "").split()
    untold = [each for each in earlier if each.name not in known]
    if not untold:
        return found
    if not untold[0].run and untold[0].done and not untold[0].otherwise:
        return answered(untold[0])
    if told is not None:
        return refused(tool, untold[0])
    names = " ".join(each.name for each in untold)
    sentence = " ".join(words(tool, each) for each in untold)
    return asked(found, sentence, {"repeats": {**untold[-1].facts, "names": names}})


def asked(found: Decision, sentence: str, facts: Mapping[str, Json]) -> Decision:
    """A question to a person, on the terms of the policy that asks anyway, if one does.

    It has a rule of its own, so that nobody answers it together with many that are no repeats.
    """
    kept = {name: told for name, told in found.facts.items() if name not in {"hourly", "version"}}
    told = {**kept, "effect": sentence, "policy": found.rule, **facts}
    asks = found.sentence if found.kind is DecisionKind.ASK else ""
    return Decision(DecisionKind.ASK, RULE, 0, f"{sentence} {asks}".strip(), told)


def answered(earlier: EarlierEffect) -> Decision:
    """No call is made: the planner is given the result that it had."""
    sentence = f"This was done already {earlier.where}; nothing was done again."
    return Decision(DecisionKind.DENY, RULE, 0, sentence, {"repeats": earlier.name})


def refused(tool: str, earlier: EarlierEffect) -> Decision:
    """No call is made, although a person let it through: they did not know of the other one."""
    sentence = (
        f"{words(tool, earlier)} Whoever let this call through was not told, so nothing was done."
        " Propose it again if it is wanted twice."
    )
    return Decision(DecisionKind.DENY, RULE, 0, sentence)


def words(tool: str, earlier: EarlierEffect) -> str:
    if not earlier.done:
        return f"{tool} may have done the same {earlier.where}: how that ended is not known."
    differing = f", with another {', '.join(earlier.otherwise)}" if earlier.otherwise else ""
    return f"{tool} has done the same {earlier.where}{differing}."


def unnamed(tool: str, missing: tuple[str, ...]) -> str:
    named = " and ".join(missing)
    return f"Whether {tool} was done before is told by {named}, which this call does not say."
