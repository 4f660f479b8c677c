"""The numbers that hold where nobody has written others: a change of one is a change of what a
house is held to, and stands here.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import Any

import pytest

from policies import acceptance
from policies.budgets import allowance
from policies.budgets.rules import BudgetAction, BudgetRule, BudgetScope, Unpriced
from policies.circuit.rules import BreakerPhase, BreakerState, BreakerThresholds
from policies.decision import DecisionKind
from policies.gate.gate_facts import AllowedCalls, ApprovalTerms, CallFacts, GatePolicy, RunFacts
from policies.json_schema import bounds, compiler, linear_regex, problem, references, work_limit
from policies.judge.rules import JudgeEnding, JudgeRule
from policies.loops import loop_thresholds
from policies.retries.rules import Afterwards, RetryRule
from policies.scopes.rules import ScopeRule
from policies.taint import provenance, search_terms
from policies.truth.sign import TruthThresholds
from runs.engine import call_decisions, killing, machine, plan_failures
from runs.engine.kept_calls import UNDO_ATTEMPTS, Flight, SessionApproval
from runs.engine.ports import ToolSpec
from runs.engine.state import RunLimits
from runs.engine.vocabulary import Effect, Visibility

SHIPPED: Mapping[type, Mapping[str, Any]] = {
    RetryRule: {
        "name": "default", "version": 1, "tools": "*", "priority": 1_000, "attempts": 3,
        "base": 0.5, "cap": 30.0, "patience": 300.0, "per_run": 20, "share": 0.2, "floor": 10,
        "used_up": Afterwards.PLANNER, "run_used_up": Afterwards.STOP,
    },
    BreakerThresholds: {
        "name": "default", "version": 1, "tools": "*", "priority": 1_000, "window": 60, "calls": 5,
        "share": 0.5, "open_for": 15, "growth": 2.0, "longest": 600, "probe_for": 60,
        "successes": 2,
    },
    loop_thresholds.LoopThresholds: {
        "hint": 0.4, "pause": 0.6, "stop": 0.68, "window": 24, "longest_cycle": 4,
        "repeat_fade": 0.77, "same_error_weight": 0.75, "alike_args": 90.0, "alike_result": 90.0,
        "alike_text": 85.0, "news": 0.2, "memory": 0.8, "tolerated": 0.2, "ask_weight": 0.4,
        "changed": 0.3, "sweep": 0.2, "failed": 0.75, "empty": 1.0, "empty_sweep": 0.3,
        "same_answers": 8, "told": 0.3, "told_between": 0.3,
        "monologue": 1.0, "repeated_text": 1.0, "requests_compared": 8, "requests_judged": 3,
        "requests_known": 0.3, "alike_request": 65.0, "alike_opening": 70.0, "request_usual": 0.17,
        "request_certain": 0.41, "result_chars": 1_200, "args_chars": 400,
    },
    TruthThresholds: {
        "failed_at": 1.0, "unknown_at": 0.5, "message_chars": 400, "message_lines": 4,
        "opening_chars": 200, "head_chars": 2_000, "tail_chars": 2_000, "parse_chars": 20_000,
    },
    JudgeRule: {
        "version": 1, "agents": "*", "priority": 100, "every": 10, "hints": 1,
        "ending": JudgeEnding.PAUSE, "planner": "", "base_url": "", "key_variable": "",
        "price_in": None,
        "price_out": None, "max_tokens_out": 200, "timeout": 30.0,
    },
    GatePolicy: {
        "version": 1, "agent": "*", "tool": "*", "effect": "any", "group": "", "condition": "",
        "caps": "", "cap_per_run": None, "cap_per_hour": None, "over_cap": DecisionKind.ASK,
        "sentence": "", "priority": 100, "approver_group": "approver", "quorum": 1,
        "ttl_seconds": 1_800, "on_expiry": "deny", "escalate_to": "admin", "four_eyes": True,
        "effect_key": "", "effect_hours": None,
    },
    ApprovalTerms: {
        "group": "approver", "quorum": 1, "ttl": 1_800, "on_expiry": "deny", "escalate_to": "admin",
        "four_eyes": True,
    },
    BudgetRule: {
        "action": BudgetAction.STOP, "scope": BudgetScope.GLOBAL, "who": "", "each": False,
        "model": "",
        "downgrade_at": 80, "lines": (50, 80, 95), "unpriced": Unpriced.REFUSE,
        "fallback": Decimal(0), "called": (),
    },
    RunLimits: {"steps": 50, "tokens": 200_000, "usd": Decimal(2), "seconds": 3_600},
    ToolSpec: {
        "effect": Effect.IRREVERSIBLE, "idempotent": False, "timeout": 30.0, "scope": "",
        "has_check": False, "has_lookup": False, "has_undo": False, "undo_idempotent": False,
        "has_undo_lookup": False, "has_list_effects": False, "effect_key": (),
        "visibility": Visibility.USER_HIDDEN, "output_schema": None,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", SHIPPED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_what_nobody_wrote_is_as_it_was_shipped(kind: type) -> None:
    shipped = {each.name: each.default for each in fields(kind) if each.default is not MISSING}
    assert shipped == SHIPPED[kind]


NOTHING: Mapping[type, Mapping[str, Any]] = {
    BreakerState: {
        "phase": BreakerPhase.CLOSED, "trips": 0, "passed": 0, "open_until": None, "probe": "",
        "probe_until": None, "moved_at": None, "by": "", "why": "", "last_failure": "",
        "failed_at": None,
    },
    RunFacts: {
        "id": "", "step": 0, "calls": 0, "tokens": 0, "usd": Decimal(0), "goal": "",
        "recorded": False,
    },
    AllowedCalls: {"run": 0, "hour": 0},
    CallFacts: {
        "principal": "", "groups": frozenset(), "run": RunFacts(), "at": None, "provenance": None,
        "person": "",
    },
    acceptance.Attempt: {
        "made": (), "steps": 0, "calls": 0, "tokens": 0, "usd": Decimal(0), "goal": "",
    },
    ScopeRule: {"version": 1},
    Flight: {
        "attempt": 1, "retry_at": None, "effect": Effect.IRREVERSIBLE, "undo_idempotent": False,
        "undo_lookup": False, "lost": "",
    },
    SessionApproval: {"used": 0, "person": ""},
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTHING, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_facts_that_nobody_gave_are_the_least_and_the_strictest(kind: type) -> None:
    given = {each.name: each.default for each in fields(kind)}
    assert {name: given[name] for name in NOTHING[kind]} == NOTHING[kind]


LIMITS: Mapping[str, tuple[Any, Any]] = {
    "values that arguments may have": (bounds.MOST_VALUES, 20_000),
    "characters that arguments may have": (bounds.MOST_CHARACTERS, 2_000_000),
    "levels that arguments may have": (bounds.DEEPEST, 32),
    "bits that a number may have": (bounds.LARGEST_BITS, 1_024),
    "steps of one check of a schema": (work_limit.MOST, 100_000),
    "schemas within schemas": (work_limit.DEEPEST, 100),
    "characters looked at in one step": (work_limit.CHARACTERS, 200),
    "problems that are told": (problem.MOST, 20),
    "size of a schema's patterns": (compiler.MOST_PATTERN, 20_000),
    "characters of a pattern": (linear_regex.LONGEST, 2_000),
    "size of a pattern": (linear_regex.LARGEST, 10_000),
    "values that a schema may have": (references.MOST_VALUES, 50_000),
    "characters that a schema may have": (references.MOST_CHARACTERS, 1_000_000),
    "levels that a schema may have": (references.DEEPEST, 64),
    "marks of one call": (provenance.MOST_MARKS, 20),
    "characters searched for one judgement": (provenance.MOST_SEARCHED, 150_000_000),
    "things to look for in one value": (search_terms.MOST_PATTERNS, 2_000),
    "criteria of one agent": (acceptance.MOST_CRITERIA, 50),
    "characters of an answer that is judged": (acceptance.LONGEST_FINAL, 500_000),
    "characters of results that are judged": (acceptance.MOST_RESULT_CHARACTERS, 1_000_000),
    "calls ahead that a grant may be for": (allowance.AHEAD, 7),
    "refusals in a row that end a run": (call_decisions.REFUSALS_IN_A_ROW, 8),
    "attempts at one turn": (plan_failures.PLAN_ATTEMPTS, 5),
    "attempts at an answer that is paid for": (plan_failures.BOUGHT_ATTEMPTS, 2),
    "workers lost in a row that end a run": (machine.CRASH_LOOP_AFTER, 4),
    "seconds that a worker sleeps": (machine.LONGEST_SLEEP.total_seconds(), 3),
    "workers lost over one look-up": (killing.LOST_LOOKING_UP, 3),
    "workers lost over all the undoing": (killing.LOST_IN_ALL, 8),
    "attempts at one undo": (UNDO_ATTEMPTS, 3),
}


@pytest.mark.parametrize("what", LIMITS)
def test_work_that_others_can_cause_ends_where_it_is_written(what: str) -> None:
    limit, written = LIMITS[what]
    assert limit == written
