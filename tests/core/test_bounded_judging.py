"""What a model sends may be large: judging it costs little all the same, or it is denied with a
sentence that says so.
"""

import time
from typing import Any

import pytest

from policies.decision import DecisionKind
from policies.gate.gate_facts import CallFacts, GatePolicy
from policies.gate.rules import ToolGate, judge
from policies.taint.provenance import ProvenanceTracker


def history() -> ProvenanceTracker:
    tracker = ProvenanceTracker(["the goal"])
    for step in range(10):
        tracker.hear("read", step, f"lorem {step} ipsum dolor " * 22_000)
    return tracker


HOSTILE: dict[str, tuple[str, Any]] = {
    "map": ("size(args.l.map(x, x)) >= 0", {"l": list(range(19_000))}),
    "filter": ("size(args.l.filter(x, x > 0)) >= 0", {"l": list(range(19_000))}),
    "tainted in a macro": (
        "!args.l.exists(x, tainted(x))",
        {"l": [f"unseen{place}word" for place in range(4_000)]},
    ),
    "tainted of a whole": (
        "!tainted(args)",
        {"l": [f"unseen{place}word" for place in range(4_000)]},
    ),
    "contains in a macro": (
        "!args.l.exists(x, args.t.contains(x))",
        {"l": [f"w{place}" for place in range(9_000)], "t": "a" * 1_000_000},
    ),
    "lower in a macro": (
        "!args.l.exists(x, lower(args.t) == 'b')",
        {"l": [0] * 9_000, "t": "A" * 1_000_000},
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_condition_over_hostile_arguments_is_denied_at_once(what: str) -> None:
    condition, args = HOSTILE[what]
    gate, tracker = ToolGate([GatePolicy("p", DecisionKind.ALLOW, condition=condition)]), history()
    tracker.source("warm")
    began = time.process_time()
    found = judge(CallFacts("a", "t", "read", args, provenance=tracker), gate)
    assert time.process_time() - began < 3, "unbounded, each of these takes ten seconds to minutes"
    assert (found.kind, found.rule) == (DecisionKind.DENY, "p")
    assert "too" in found.sentence


def test_a_person_is_told_that_not_every_argument_could_be_looked_for() -> None:
    gate, tracker = ToolGate([GatePolicy("p", DecisionKind.ASK)]), history()
    found = judge(
        CallFacts(
            "a",
            "t",
            "read",
            {"l": [f"unseen{place}word" for place in range(19_000)]},
            provenance=tracker,
        ),
        gate,
    )
    assert found.kind is DecisionKind.ASK
    assert "nobody knows" in found.facts["tainted"][-1]["value"]


def test_common_sizes_are_judged_as_ever() -> None:
    gate = ToolGate(
        [
            GatePolicy(
                "p",
                DecisionKind.ALLOW,
                condition=(
                    "args.l.map(x, x + 1).exists(x, x == 900) && !args.w.exists(x, tainted(x))"
                ),
            )
        ]
    )
    tracker = ProvenanceTracker(["the goal"])
    tracker.hear("read", 1, "anna@example.com " * 500)
    assert (
        judge(
            CallFacts(
                "a",
                "t",
                "read",
                {"l": list(range(1_500)), "w": ["carl@example.com"] * 50},
                provenance=tracker,
            ),
            gate,
        ).kind
        is DecisionKind.DENY
    )
    assert judge(
        CallFacts(
            "a", "t", "read", {"l": list(range(900)), "w": ["unheard of"] * 50}, provenance=tracker
        ),
        gate,
    ).kind in set(DecisionKind)


SPACED = "5" + " " * 200_000 + "x"
ADDRESSES = "".join(f"w{place}@e{place}.example 12345678{place} " for place in range(60_000))


@pytest.mark.parametrize(
    "value",
    [SPACED, ADDRESSES, "word " * 400_000, "1,234.5 " * 250_000],
    ids=["money", "addresses", "words", "numbers"],
)
def test_a_long_value_is_looked_for_at_once_or_not_at_all(value: str) -> None:
    tracker, began = history(), time.process_time()
    tracker.source("warm")
    warm = time.process_time() - began
    tracker.begin()
    marks = tracker.marks({"text": value})
    assert time.process_time() - began - warm < 1, "unbounded, the worst of these take a minute"
    assert not marks or "nobody knows" in marks[-1].value


def test_a_long_history_is_read_bit_by_bit_by_whoever_must_not_be_held_up() -> None:
    tracker = ProvenanceTracker(["the goal"], at_once=8)
    for step in range(40):
        tracker.hear("read", step, f"number {step} is at carl{step}@example.com")
    gate = ToolGate([GatePolicy("p", DecisionKind.ALLOW, condition="!tainted(args.to)")])
    facts = CallFacts("a", "t", "read", {"to": "carl7@example.com"}, provenance=tracker)
    assert judge(facts, gate).kind is DecisionKind.DENY, "what is not read is not trusted"
    assert tracker.behind
    turns = 1
    while tracker.catch_up():
        turns += 1
    assert turns == 40
    assert ("error" in judge(facts, gate).facts, tracker.behind) == (False, False)
    assert tracker.source("carl7@example.com") is not None
    assert tracker.source("nobody@example.com") is None


@pytest.mark.parametrize("condition", ["lower(args.t) == 'a'", "host(args.t) == 'a'"])
def test_a_long_text_is_not_read_by_every_function_of_every_policy(condition: str) -> None:
    whole = " || ".join([condition] * 20)
    gate = ToolGate(
        GatePolicy(f"p{place}", DecisionKind.DENY, condition=whole) for place in range(100)
    )
    began = time.process_time()
    found = judge(CallFacts("a", "t", "read", {"t": "A" * 1_900_000}), gate)
    assert time.process_time() - began < 2, "unbounded, it takes twenty seconds"
    assert "too much to read" in found.facts["error"]
