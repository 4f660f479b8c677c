"""Calls and policies written down as files: what each field means and how nonsense is refused."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import Decision, DecisionKind
from policies.gate import cases
from policies.gate.cases import BadCase
from policies.gate.gate_facts import AllowedCalls, GatePolicy, RunFacts
from policies.gate.rules import ToolGate, judge
from policies.gate.unknown import Unknown

PAY = {"tool": "pay", "expect": "deny"}
SO_FAR = "The call, so_far"
OF_A_RUN = "calls, goal, id, recorded, step, tokens, usd"
NEEDS = "Policy 1: it needs a name, and as its verdict one of"
ANSWERS = "allow, allow_with_caps, require_approval, deny"


class TestACall:
    def test_has_defaults_for_all_but_its_tool(self) -> None:
        found = cases.facts({"tool": "pay"})
        assert (found.agent, found.tool, found.effect, found.args) == (
            "",
            "pay",
            "irreversible",
            {},
        )
        assert (found.principal, found.person, found.groups) == ("", "", frozenset())
        assert (found.run, found.at, found.so_far("any")) == (RunFacts(), None, AllowedCalls())

    def test_says_what_it_is_told(self) -> None:
        found = cases.facts(
            {
                "agent": "desk",
                "tool": "pay",
                "effect": "read",
                "args": {"amount": 7},
                "principal": "olga",
                "principal_id": 17,
                "groups": ["operator", "lead"],
                "run": {"step": 4, "usd": "1.50", "recorded": True},
                "goal": "pay it",
                "at": "2026-03-14T09:30:00",
                "so_far": {"small": {"run": 2, "hour": 5}, "large": {}},
            }
        )
        assert (found.agent, found.effect, found.args) == ("desk", "read", {"amount": 7})
        assert (found.principal, found.person) == ("olga", "17")
        assert found.groups == {"operator", "lead"}
        assert found.run == RunFacts(step=4, usd=Decimal("1.50"), goal="pay it", recorded=True)
        assert found.at == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
        assert found.so_far("small") == AllowedCalls(2, 5)
        assert found.so_far("large") == found.so_far("other") == AllowedCalls()

    @pytest.mark.parametrize("name", ["agent", "effect", "groups", "results", "goal", "so_far"])
    def test_that_leaves_a_field_empty_says_nothing_of_it(self, name: str) -> None:
        found = cases.facts({"tool": "pay", name: None})
        plain = cases.facts({"tool": "pay"})
        assert (found.agent, found.effect, found.groups) == ("", "irreversible", frozenset())
        assert (found.run, found.args) == (plain.run, plain.args)

    def test_may_have_a_price_that_is_unknown_and_a_goal_of_the_runs_own(self) -> None:
        found = cases.facts({"tool": "pay", "run": {"usd": None, "goal": "b"}, "goal": "a"})
        assert (found.run.usd, found.run.goal) == (None, "b")

    def test_keeps_the_zone_of_its_time(self) -> None:
        found = cases.facts({"tool": "pay", "at": "2026-03-14T09:30:00+02:00"})
        assert found.at == datetime(2026, 3, 14, 7, 30, tzinfo=UTC)

    def test_knows_what_was_said_and_what_tools_brought_back(self) -> None:
        found = cases.facts(
            {
                "tool": "pay",
                "goal": "pay anna@b.example",
                "prompt": "see the desk@b.example",
                "said": "or olga@b.example",
                "results": [{"tool": "read_mail", "step": 3, "text": "pay mallory@b.example"}],
            }
        )
        assert found.provenance is not None
        for name in ("anna", "desk", "olga"):
            assert found.provenance.trusted(f"{name}@b.example")
        origin = found.provenance.source("mallory@b.example")
        assert origin is not None
        assert (origin.tool, origin.step) == ("read_mail", 3)

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({}, "The call: which tool?"),
            ({"tool": ""}, "The call: which tool?"),
            ({"tool": 7}, "The call: which tool?"),
            ({"tool": "pay", "at": "soon"}, "The call: 'soon' is not a time."),
            ({"tool": "pay", "run": 7}, "The call, run: that is not an object."),
            ({"tool": "pay", "run": {"usd": "x"}}, "The call, run: usd is a number."),
            ({"tool": "pay", "run": {"usd": "nan"}}, "The call, run: usd is a number."),
            ({"tool": "pay", "run": {"step": "2"}}, "The call, run: step cannot be that."),
            ({"tool": "pay", "run": {"calls": True}}, "The call, run: calls cannot be that."),
            ({"tool": "pay", "run": {"recorded": 1}}, "The call, run: recorded cannot be that."),
            ({"tool": "pay", "so_far": []}, "The call, so_far: that is not an object."),
            ({"tool": "pay", "so_far": {"p": 2}}, "The call, so_far: that is not an object."),
            ({"tool": "pay", "results": ["x"]}, "The call, results: that is not an object."),
            (
                {"tool": "pay", "run": {"colour": 1, "age": 2}},
                f"The call, run: there is no age, colour; there are {OF_A_RUN}.",
            ),
            (
                {"tool": "pay", "so_far": {"p": {"day": 1}}},
                "The call, so_far: there is no day; there are hour, run.",
            ),
            ({"tool": "pay", "so_far": {"p": {"run": "x"}}}, f"{SO_FAR}: run is a whole number."),
            (
                {"tool": "pay", "so_far": {"p": {"hour": None}}},
                f"{SO_FAR}: hour is a whole number.",
            ),
            ({"tool": "pay", "groups": 7}, "The call: groups is a list."),
            ({"tool": "pay", "results": {}}, "The call: results is a list."),
            (
                {"tool": "pay", "results": [{"step": "x"}]},
                "The call, results: step is a whole number.",
            ),
        ],
    )
    def test_that_is_none_says_where_it_is_wrong(self, given: Any, why: str) -> None:
        with pytest.raises(BadCase) as refused:
            cases.facts(given)
        assert str(refused.value) == why


class TestACase:
    def test_is_a_call_with_its_name_and_what_is_expected(self) -> None:
        found = cases.case({**PAY, "name": "small"}, 3)
        assert (found.name, found.expected) == ("small", {"answer": "deny"})
        assert cases.case(PAY, 3).name == "pay 3"
        expect = {"rule": "small", "over": "caps"}
        assert cases.case({**PAY, "expect": expect}, 1).expected == expect

    @pytest.mark.parametrize(
        ("raw", "why"),
        [
            ([], "Case 2: that is not an object."),
            (
                {**PAY, "colour": 1},
                "Case 2: there is no colour; there are agent, args",
            ),
            ({"tool": "pay"}, "Case 2, expect: that is not an object."),
            ({**PAY, "expect": {}}, f"Case 2: expect one of {ANSWERS}, or an object"),
            ({**PAY, "expect": "maybe"}, f"Case 2: expect one of {ANSWERS}, or an object"),
            ({**PAY, "expect": {"answer": "stop"}}, f"Case 2: expect one of {ANSWERS}"),
            (
                {**PAY, "expect": {"colour": 1}},
                "Case 2, expect: there is no colour; there are",
            ),
            ({"expect": "deny"}, "Case 2: which tool?"),
        ],
    )
    def test_that_is_none_is_refused(self, raw: Any, why: str) -> None:
        with pytest.raises(BadCase) as refused:
            cases.case(raw, 2)
        assert str(refused.value).startswith(why)

    def test_differs_by_what_came_out_otherwise(self) -> None:
        found = cases.case({**PAY, "expect": {"answer": "deny", "rule": "b", "over": ""}}, 1)
        came = Decision(DecisionKind.ALLOW, "a")
        assert found.differs(came) == {"answer": "allow", "rule": "a"}
        assert cases.case(PAY, 1).differs(Decision(DecisionKind.DENY, "a")) == {}

    @pytest.mark.parametrize(
        ("told", "known"),
        [
            ({"at": "2026-03-14"}, {Unknown.TIME}),
            ({"principal_id": "1"}, {Unknown.WHO}),
            ({"groups": []}, {Unknown.GROUPS}),
            ({"so_far": {}}, {Unknown.RUN_COUNT, Unknown.HOUR_COUNT}),
            ({"results": []}, {Unknown.SOURCES}),
            ({"said": "x"}, {Unknown.SOURCES}),
            ({"prompt": "x"}, {Unknown.SOURCES}),
            ({"groups": None, "at": None}, set()),
            ({"agent": "desk", "args": {}}, set()),
        ],
    )
    def test_does_not_know_what_it_leaves_out(self, told: Any, known: set[Unknown]) -> None:
        left = cases.left_out({**PAY, **told})
        assert cases.left_out(PAY) - left == known


class TestAPolicy:
    def test_has_the_defaults_of_one_made_by_hand(self) -> None:
        written = {"name": "p", "verdict": "deny", "enabled": True, "note": "why"}
        assert cases.policy(written, 1) == GatePolicy("p", DecisionKind.DENY)

    def test_says_what_it_is_told(self) -> None:
        found = cases.policy(
            {
                "name": "p",
                "verdict": "allow_with_caps",
                "version": 4,
                "condition": "args.a > 1",
                "caps": "args.a < 5",
                "cap_per_run": 2,
                "cap_per_hour": None,
                "over_cap": "deny",
                "ttl_seconds": None,
                "four_eyes": False,
            },
            1,
        )
        assert found == GatePolicy(
            "p",
            DecisionKind.ALLOW_WITH_CAPS,
            version=4,
            condition="args.a > 1",
            caps="args.a < 5",
            cap_per_run=2,
            over_cap=DecisionKind.DENY,
            ttl_seconds=None,
            four_eyes=False,
        )

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"name": 7}, f"{NEEDS} {ANSWERS}."),
            (
                {"verdict": "stop"},
                f"{NEEDS} {ANSWERS}.",
            ),
            ({"verdict": []}, f"{NEEDS} {ANSWERS}."),
            ({"priority": "1"}, "Policy 1 “p”: priority cannot be that."),
            ({"priority": True}, "Policy 1 “p”: priority cannot be that."),
            ({"priority": None}, "Policy 1 “p”: priority cannot be that."),
            ({"four_eyes": 1}, "Policy 1 “p”: four_eyes cannot be that."),
            ({"cap_per_run": "2"}, "Policy 1 “p”: cap_per_run cannot be that."),
            ({"cap_per_run": True}, "Policy 1 “p”: cap_per_run cannot be that."),
            ({"over_cap": "allow"}, "Policy 1 “p”: over_cap cannot be that."),
            ({"over_cap": []}, "Policy 1 “p”: over_cap cannot be that."),
            ({"agent": 7, "tool": None}, "Policy 1 “p”: agent, tool cannot be that."),
            ({"sentence": "{amount}"}, "Policy 1 “p”: {amount} cannot be filled in; "),
            (
                {"condition": "args.a >"},
                "Policy 1 “p”: Line 1, column 9 at the end: ",
            ),
            ({"caps": "nosuch(1)"}, "Policy 1 “p”: "),
            ({"colour": 1}, "Policy 1: there is no colour; there are agent, approver_group, "),
        ],
    )
    def test_that_is_none_is_refused(self, changes: Any, why: str) -> None:
        with pytest.raises(BadCase) as refused:
            cases.policy({"name": "p", "verdict": "allow", **changes}, 1)
        assert str(refused.value).startswith(why)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(sorted(cases.CALL)), JSON, max_size=5))
def test_any_json_is_a_case_or_is_refused_as_none(raw: dict[str, Any]) -> None:
    with suppress(BadCase):
        found = cases.case({"tool": "pay", "expect": "deny", **raw}, 1)
        assert judge(found.facts, ToolGate()).kind is DecisionKind.DENY


@given(st.dictionaries(st.sampled_from(sorted(cases.SHIPPED)), JSON, max_size=4))
def test_any_json_is_a_policy_or_is_refused_as_none(raw: dict[str, Any]) -> None:
    with suppress(BadCase):
        found = cases.policy({"name": "p", "verdict": "allow", **raw}, 1)
        assert found == cases.policy({"name": "p", "verdict": "allow", **raw}, 2)
