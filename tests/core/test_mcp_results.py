"""Results of MCP tools as they came and as they are kept: nothing of them is lost, whatever it is;
and what a refusal over HTTP tells an operator.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import CallToolResult

from policies.truth import assessment
from policies.truth.assessment import CallSeen
from policies.truth.schema import compiled
from policies.verdicts import Verdict
from runs.engine.ports import Returned, ToolSpec
from runs.engine.vocabulary import Effect, Outcome
from runs.supervision import result_check
from runs.tools import mcp_results, mcp_server, structured

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.text(alphabet="abcdefgh", min_size=6, max_size=12)
PROMISE = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}


def result(raw: dict[str, Any]) -> Any:
    """As the product reads it."""
    mcp_results.sieve(raw)
    return mcp_results.result_of(CallToolResult.model_validate(raw, by_name=False))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "content": ANY,
            "structuredContent": ANY,
            "isError": ANY,
            "other": ANY,
        },
    )
)
def test_no_answer_is_refused_however_odd_it_is(raw: dict[str, Any]) -> None:
    result(raw)


@given(WORDS, WORDS, WORDS)
def test_no_word_of_an_odd_answer_is_lost(one: str, two: str, three: str) -> None:
    raw = {
        "content": [{"type": one, "x": two}, {"type": "text", "text": three}],
        "structuredContent": [one],
    }
    kept = json.dumps(result(raw))
    assert all(word in kept for word in (one, two, three))


@given(ANY)
def test_a_server_that_writes_this_sides_mark_is_read_all_the_same(marked: Any) -> None:
    block = {"type": "text", "text": "paid", "_meta": {mcp_results.ODD: marked}}
    assert result({"content": [block]}) == "paid"


@given(ANY)
def test_an_answer_that_is_no_tools_result_is_left_as_it_is(value: Any) -> None:
    for name in mcp_results.OTHERS:
        raw = {name: value, "content": value}
        before = json.dumps(raw)
        mcp_results.sieve(raw)
        assert json.dumps(raw) == before


@pytest.mark.parametrize(
    ("said", "told"), [(True, True), ("true", True), (1, True), ("false", False), (None, False)]
)
def test_an_error_is_one_by_the_servers_word_however_it_is_spelled(said: Any, told: bool) -> None:
    raw: dict[str, Any] = {"content": [], "isError": said}
    mcp_results.sieve(raw)
    assert raw["isError"] is told


@pytest.mark.parametrize(("said", "whole"), [("true", {"result": 1}), ("1", {"result": True})])
def test_one_and_true_are_two_things(said: str, whole: dict[str, Any]) -> None:
    raw = {"content": [{"type": "text", "text": said}], "structuredContent": whole}
    assert structured.BESIDE in result(raw)


def test_only_a_result_in_two_halves_is_taken_apart() -> None:
    assert structured.promised(structured.joined({"ok": True}, ["beside"])) == {"ok": True}
    assert structured.joined({"ok": True}, []) == {"ok": True}
    others: list[Any] = [
        {"$structured": 1},
        {"$structured": 1, "$parts": [], "x": 1},
        "text",
        None,
        [],
    ]
    for each in others:
        assert structured.promised(each) == each


def meaning(effect: Effect, given_back: Any) -> tuple[Verdict, str]:
    spec = ToolSpec("pay.send", "", {"type": "object"}, effect=effect, output_schema=PROMISE)
    back = Returned(Outcome.OK, given_back)
    told = result_check.meaning(spec, back, None, assessment.DEFAULTS)
    return told.verdict, told.rule


def test_parts_beside_the_data_do_not_break_its_promise() -> None:
    halves = structured.joined({"ok": True}, ["Paid."])
    assert meaning(Effect.IRREVERSIBLE, halves)[0] is Verdict.SUCCEEDED


@pytest.mark.parametrize("effect", [Effect.IRREVERSIBLE, Effect.REVERSIBLE])
@pytest.mark.parametrize("back", [{"ok": "yes"}, "Paid 12.50 to Ann.", {}, [1]])
def test_what_changed_the_world_did_not_fail_because_its_answer_has_another_shape(
    effect: Effect, back: Any
) -> None:
    assert meaning(effect, back) == (Verdict.UNKNOWN, "output_schema")


def test_a_failure_in_another_shape_is_a_failure_all_the_same() -> None:
    verdict, rule = meaning(Effect.IRREVERSIBLE, {"error": "insufficient funds"})
    assert verdict is Verdict.FAILED
    assert rule != "output_schema"


def test_a_read_that_breaks_its_promise_failed() -> None:
    assert meaning(Effect.READ, {"ok": "yes"}) == (Verdict.FAILED, "output_schema")
    seen = CallSeen("look", {"ok": "yes"}, complaint=compiled(PROMISE))
    assert assessment.judge(seen).verdict is Verdict.FAILED


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 418, 429, 500, 502, 503])
def test_a_refusal_over_http_is_one_sentence_with_status_and_remedy(status: int) -> None:
    said = mcp_server.refusal(status)
    assert said.startswith(f"answers {status}: it ")
    assert said.endswith(".")
    assert ". ." not in said


def test_a_server_that_wants_a_key_says_where_to_put_it() -> None:
    assert "Name the variable that holds it" in mcp_server.refusal(401)
    assert "“Bearer ”" in mcp_server.refusal(401)
    assert "older SSE transport" in mcp_server.refusal(405)


def test_a_variable_that_is_not_there_is_told_with_what_to_do() -> None:
    server = mcp_server.declared(
        {"name": "shop", "command": "shop", "environment": {"TOKEN": "SHOP_API_KEY"}}
    )
    assert mcp_server.problem(server, {}) == (
        "MCP server shop is handed variables that are not set here: SHOP_API_KEY. Set them where"
        " the workers start, then restart those."
    )
    assert mcp_server.problem(server, {"SHOP_API_KEY": "x"}) is None
