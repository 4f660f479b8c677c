"""When an edit of a tool policy lets through what was asked about or denied before. Pure.

Of all policies that fit a call the first decides, and none is a denial: what a policy lets through
depends on those that come after it. So a policy that bites less is held against what would decide
in its place, and one that bites more against what it takes the word from. Where nobody can tell
without a call in hand, as with two conditions, it counts as loosened: a second look costs little.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.current.four_eyes.rules import NOTHING, SPECIAL, RowFacts, Widening, covered
from policies.decision import DecisionKind
from policies.gate.tightened_caps import tighter

STRICT: Mapping[str, int] = {
    DecisionKind.ALLOW.value: 0,
    DecisionKind.ALLOW_WITH_CAPS.value: 1,
    DecisionKind.ASK.value: 2,
    DecisionKind.DENY.value: 3,
}
NO_POLICY: RowFacts = {"verdict": DecisionKind.DENY.value}
FIT = ("agent", "tool", "effect", "group", "condition")
ANY = {"agent": "*", "tool": "*", "effect": "any", "group": "", "condition": ""}
LOWER = ("quorum", "effect_hours")
"""Numbers of which fewer are milder; none at all is mildest."""
HIGHER = ("cap_per_run", "cap_per_hour")
"""Numbers of which more are milder; none at all is mildest."""
OTHERWISE = ("approver_group", "escalate_to", "on_expiry", "effect_key")
"""Terms whose values nobody can order: another one counts as milder."""
TERMS: Mapping[str, tuple[str, ...]] = {
    DecisionKind.ALLOW.value: ("effect_key", "effect_hours"),
    DecisionKind.ALLOW_WITH_CAPS.value: (
        *("caps", "cap_per_run", "cap_per_hour", "over_cap", "effect_key", "effect_hours"),
        *("approver_group", "quorum", "four_eyes", "on_expiry", "escalate_to"),
    ),
    DecisionKind.ASK.value: (
        *("approver_group", "quorum", "four_eyes", "on_expiry", "escalate_to"),
        *("effect_key", "effect_hours"),
    ),
    DecisionKind.DENY.value: (),
}
"""What else says how strict a policy is, by its verdict."""
DECIDING = tuple(
    dict.fromkeys(
        ("priority", "name", "verdict", *FIT, *(each for of in TERMS.values() for each in of))
    )
)
OUT, DENIED = "out of force", "deny, since no policy fits"


def loosened(before: RowFacts, after: RowFacts, others: Sequence[RowFacts]) -> tuple[Widening, ...]:
    """What an edit loosens. `others`: every other policy that is in force; an empty mapping is a
    policy that is not there.
    """
    old, new = in_force(before), in_force(after)
    if new is None:
        return given_up(old, following(old, others)) if old is not None else ()
    if old is None:
        return taken_over(new, following(new, others))
    return (*milder(old, new), *moved(old, new, others))


def beside(shapes: Sequence[RowFacts], others: Sequence[RowFacts]) -> list[RowFacts]:
    """Those of the other policies that may fit the same calls as one of these, in order: what they
    fit and what becomes of it.
    """
    met = [each for each in others if any(may_meet(one, each) for one in shapes)]
    return [{name: each[name] for name in DECIDING} for each in sorted(met, key=place)]


def in_force(facts: RowFacts) -> RowFacts | None:
    return facts if facts.get("enabled") else None


def given_up(old: RowFacts, instead: Sequence[RowFacts]) -> tuple[Widening, ...]:
    """What is loosened where this policy decides no longer, but one of these `instead`."""
    found = next((each for each in instead if yields(old, each)), None)
    return (Widening("decides", said(old), said(found)),) if found else ()


def taken_over(new: RowFacts, instead_of: Sequence[RowFacts]) -> tuple[Widening, ...]:
    """What is loosened where this policy decides, and one of these did."""
    found = next((each for each in instead_of if yields(each, new)), None)
    return (Widening("decides", said(found), said(new)),) if found else ()


def moved(old: RowFacts, new: RowFacts, others: Sequence[RowFacts]) -> tuple[Widening, ...]:
    """What is loosened by another place in the order, or by fitting other calls."""
    changed = [name for name in FIT if old[name] != new[name]]
    narrower = any(not contains(name, new, old) for name in changed)
    wider = any(not contains(name, old, new) for name in changed)
    passed = [each for each in others if between(old, each, new) and may_meet(old, each)]
    later = place(new) > place(old)
    loose = (
        *given_up(old, following(old, others) if narrower else passed if later else ()),
        *taken_over(new, following(new, others) if wider else () if later else passed),
    )
    if not loose:
        return ()
    shown_names = [*(["priority"] if passed else []), *changed]
    return tuple(changed_value(name, old, new) for name in shown_names) or loose


def place(policy: RowFacts) -> tuple[int, str]:
    """Where the policy stands in the order in which policies are asked."""
    return (policy["priority"], policy["name"])


def between(one: RowFacts, each: RowFacts, other: RowFacts) -> bool:
    first, last = sorted((place(one), place(other)))
    return first < place(each) < last


def contains(name: str, outer: RowFacts, inner: RowFacts) -> bool:
    """Whether this part of the fit of `outer` lets in all that the same part of `inner` does."""
    if outer[name] in (ANY[name], inner[name]):
        return True
    return name in ("agent", "tool") and covered(str(inner[name]), str(outer[name]))


def following(policy: RowFacts, others: Sequence[RowFacts]) -> list[RowFacts]:
    """What decides where this policy does not, in order: those after it that may fit the same
    calls, down to the first that fits all of them, or the denial where there is none.
    """
    found: list[RowFacts] = []
    for each in sorted(others, key=place):
        if place(each) < place(policy) or not may_meet(policy, each):
            continue
        found.append(each)
        if all(contains(name, each, policy) for name in FIT):
            return found
    return [*found, NO_POLICY]


def may_meet(one: RowFacts, other: RowFacts) -> bool:
    """Whether some call may fit both: not where they name other tools, agents or effects."""
    effects = {one["effect"], other["effect"]} - {ANY["effect"]}
    return len(effects) < 2 and not any(apart(one[name], other[name]) for name in ("agent", "tool"))


def apart(one: str, other: str) -> bool:
    """Whether no name can fit both: certain only where one of them names no pattern."""
    for names, patterns in ((one, other), (other, one)):
        if not SPECIAL & set(names):
            return not any(covered(each, patterns) for each in names.split())
    return False


def yields(old: RowFacts, new: RowFacts) -> bool:
    """Whether a call that `old` decided may be let through more easily by `new`."""
    return STRICT[new["verdict"]] < STRICT[old["verdict"]] or bool(milder(old, new))


def milder(old: RowFacts, new: RowFacts) -> list[Widening]:
    """The verdict where it is milder; under the same verdict each of its terms that is."""
    was, now = STRICT[old["verdict"]], STRICT[new["verdict"]]
    if now != was:
        return [changed_value("verdict", old, new)] if now < was else []
    terms = TERMS[new["verdict"]]
    return [changed_value(name, old, new) for name in terms if eased(name, old[name], new[name])]


def eased(name: str, old: Any, new: Any) -> bool:
    if old == new:
        return False
    if name in LOWER:
        return new is None or (old is not None and new < old)
    if name in HIGHER:
        return old is not None and (new is None or new > old)
    if name == "four_eyes":
        return bool(old)
    if name == "over_cap":
        return STRICT[new] < STRICT[old]
    if name == "caps":
        return bool(old) and not tighter(old, new)
    return bool(old) or name != "effect_key"


def changed_value(name: str, old: RowFacts, new: RowFacts) -> Widening:
    return Widening(name.replace("_", " "), shown(old[name]), shown(new[name]))


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return NOTHING if value in (None, "") else str(value).replace("_", " ")


def said(policy: RowFacts) -> str:
    """`deny, by no-refunds`, or what becomes of a call that no policy fits."""
    if policy is NO_POLICY:
        return DENIED
    return f"{shown(policy['verdict'])}, by {policy['name']}"
