"""Conditions asked once for the same facts: the gate must answer as if each had been asked of each
call.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.decision import DecisionKind
from policies.gate import stable_conditions
from policies.gate.gate_facts import CallFacts, GatePolicy, RunFacts
from policies.gate.rules import ToolGate, compile_policy, judge
from policies.taint.provenance import ProvenanceTracker

CONDITIONS = (
    "run.recorded",
    "!run.recorded && tool.effect == 'read'",
    "size(links(args)) > 0",
    "tool.name == 'look' && links(args).all(link, host(link) == 'known.example')",
    "run.step > 2",
    "args.n > 3",
    "'clerk' in principal.groups || agent.name == 'desk'",
    "tainted(args.n)",
    "has(args.n)",
)
CALLS = st.builds(
    lambda agent, tool, effect, args, groups, step, recorded: CallFacts(
        agent=agent,
        tool=tool,
        effect=effect,
        args=args,
        principal="olga",
        groups=frozenset(groups),
        run=RunFacts(step=step, recorded=recorded),
        provenance=ProvenanceTracker(["please"]),
    ),
    st.sampled_from(["desk", "triage"]),
    st.sampled_from(["look", "send"]),
    st.sampled_from(["read", "irreversible"]),
    st.sampled_from(
        [
            {"n": 1},
            {"n": 9},
            {},
            {"url": "https://known.example/a"},
            {"url": "https://evil.example"},
        ]
    ),
    st.lists(st.sampled_from(["clerk", "chief"]), max_size=2),
    st.integers(0, 5),
    st.booleans(),
)


def compiled(condition: str) -> tuple[str, ...] | None:
    return compile_policy(GatePolicy("p", DecisionKind.ALLOW, condition=condition)).steady


@settings(deadline=None)
@given(st.permutations(CONDITIONS), st.lists(CALLS, min_size=2, max_size=12))
def test_a_gate_that_remembers_answers_like_one_that_is_new(
    conditions: Sequence[str], calls: list[CallFacts]
) -> None:
    policies = [
        GatePolicy(f"p{place}", DecisionKind.ALLOW, condition=each, priority=place)
        for place, each in enumerate(conditions)
    ]
    gate = ToolGate(policies)
    for call in calls:
        assert judge(call, gate) == judge(call, ToolGate(policies))


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("run.recorded", ("run.recorded",)),
        ("size(links(args)) > 0 && tool.effect == 'read'", ("links_of_args", "tool.effect")),
        ("principal.name == 'olga'", ("principal.name",)),
        ("principal.id == '17'", ("principal.id",)),
        ("true", ()),
        ("run.step > 3", None),
        ("run.usd < 2.0", None),
        ("args.n == 1", None),
        ("links(args.more).size() > 0", None),
        ("tainted('x')", None),
        ("now > timestamp('2026-01-01T00:00:00Z')", None),
    ],
)
def test_only_what_seldom_changes_is_steady(condition: str, read: Any) -> None:
    assert compiled(condition) == read


def test_the_facts_that_are_read_tell_answers_apart() -> None:
    call = CallFacts(agent="desk", tool="look", effect="read", args={}, principal="olga")
    assert stable_conditions.key(("tool.effect", "tool.name"), call) == ("read", "look")
