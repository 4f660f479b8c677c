"""What the tool gate reads of a call: its variables, and arguments that nobody can judge."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.cel.expression import Unanswerable
from policies.gate import gate_facts
from policies.gate.gate_facts import GatePolicy, RunFacts
from tests.core.gated_calls import ALLOW, DENY, call, judged

AT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


class TestVariables:
    facts = call(
        person="17",
        groups=frozenset({"b", "a"}),
        at=AT,
        run=RunFacts("r", 2, 3, 400, Decimal("1.5"), "pay it", recorded=True),
    )

    def test_are_the_facts_under_the_names_of_expressions(self) -> None:
        names = frozenset({"args", "run", "agent", "principal", "tool", "now"})
        assert gate_facts.variables(self.facts, names) == {
            "args": {"amount": 180},
            "run": {
                "id": "r",
                "step": 2,
                "calls": 3,
                "tokens": 400,
                "usd": 1.5,
                "goal": "pay it",
                "recorded": True,
            },
            "agent": {"name": "desk"},
            "principal": {"name": "olga", "id": "17", "groups": ["a", "b"]},
            "tool": {"name": "pay", "effect": "irreversible"},
            "now": AT,
        }

    def test_are_made_only_when_they_are_used(self) -> None:
        assert gate_facts.variables(self.facts, frozenset({"tool"})).keys() == {"tool"}

    def test_have_only_the_fields_that_are_read(self) -> None:
        names = gate_facts.named(["run.step", "tool.name", "args.a.b", "principal.groups"])
        assert gate_facts.variables(self.facts, names) == {
            "run": {"step": 2},
            "tool": {"name": "pay"},
            "args": {"amount": 180},
            "principal": {"groups": ["a", "b"]},
        }

    @pytest.mark.parametrize("path", ["run", 'run["step"]', "run.step.more", "run.gone"])
    def test_have_all_fields_where_a_path_does_not_plainly_name_one(self, path: str) -> None:
        names = gate_facts.named(["run.step", path])
        made = gate_facts.variables(self.facts, names)["run"]
        assert made["step"] == 2
        assert path == "run.step.more" or made.keys() == set(gate_facts.RUN_FIELDS)

    def test_leave_out_a_time_and_a_price_that_nobody_knows(self) -> None:
        unknown = call(run=RunFacts(usd=None))
        assert gate_facts.variables(unknown, frozenset({"now", "run"}))["run"]["usd"] is None
        assert "now" not in gate_facts.variables(unknown, frozenset({"now", "run"}))
        later = GatePolicy("p", ALLOW, condition="now > timestamp('2026-01-01T00:00:00Z')")
        assert judged(later, at=AT).allowed
        assert judged(later).kind is DENY

    def test_tell_the_links_among_arguments(self) -> None:
        linked = call(args={"a": "https://x.example/1", "b": "see it"})
        assert gate_facts.links_of(linked) == ["https://x.example/1"]
        assert gate_facts.links_of(call()) == []
        with pytest.raises(Unanswerable, match="more than 1,000 links"):
            gate_facts.links_of(call(args={"a": ["https://x.example"] * 1_001}))


def nested(levels: int) -> Any:
    return {} if not levels else {"a": nested(levels - 1)}


class TestImpossibleArguments:
    @pytest.mark.parametrize(
        "args",
        [
            {},
            {"a": None, "b": True, "c": "x", "d": [1, (2,)], "e": {"f": 0.5}},
            {"a": 2**63 - 1},
            {"a": -(2**63)},
            {"a": Decimal("1.5")},
            {"a": "x" * 1_999_999},
            nested(32),
            {"a": [0] * 19_998},
            {"a\x00": "\ud800"},
        ],
    )
    def test_are_none_of_these(self, args: Any) -> None:
        assert gate_facts.impossible(args) is None

    @pytest.mark.parametrize(
        ("args", "why"),
        [
            ([], "they are not a JSON object"),
            ("{}", "they are not a JSON object"),
            (None, "they are not a JSON object"),
            ({1: 2}, "a field's name in them is not text"),
            ({"a": {None: 2}}, "a field's name in them is not text"),
            ({"a": 2**63}, "a number in them has too many digits"),
            ({"a": -(2**63) - 1}, "a number in them has too many digits"),
            ({"a": float("nan")}, "nan is not a number"),
            ({"a": [float("-inf")]}, "-inf is not a number"),
            ({"a": Decimal("NaN")}, "NaN is not a number"),
            ({"a": {1, 2}}, "set is not JSON"),
            ({"a": b"x"}, "bytes is not JSON"),
            ({"a": AT}, "datetime is not JSON"),
            ({"a": "x" * 2_000_000}, "they are too large or too deep to be judged"),
            ({"a" * 2_000_001: 1}, "they are too large or too deep to be judged"),
            (nested(33), "they are too large or too deep to be judged"),
            ({"a": [0] * 19_999}, "they are too large or too deep to be judged"),
        ],
    )
    def test_are_told_by_what_is_wrong(self, args: Any, why: str) -> None:
        assert gate_facts.impossible(args) == why

    @given(st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=9)
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=9,
    ))  # fmt: skip
    def test_are_no_ordinary_json(self, value: Any) -> None:
        assert gate_facts.impossible({"a": value}) is None
        assert judged(GatePolicy("all", ALLOW), args={"a": value}).allowed
