"""Calls that the tool gate is asked about."""

from typing import Any

from policies.decision import Decision, DecisionKind
from policies.gate.gate_facts import CallFacts, GatePolicy
from policies.gate.rules import ToolGate, judge

ALLOW, CAPPED, ASK, DENY = (
    DecisionKind.ALLOW,
    DecisionKind.ALLOW_WITH_CAPS,
    DecisionKind.ASK,
    DecisionKind.DENY,
)


def call(**facts: Any) -> CallFacts:
    given: dict[str, Any] = {
        "agent": "desk",
        "tool": "pay",
        "effect": "irreversible",
        "args": {"amount": 180},
        "principal": "olga",
        **facts,
    }
    return CallFacts(**given)


def judged(*policies: GatePolicy, **facts: Any) -> Decision:
    return judge(call(**facts), ToolGate(policies))
