"""Whole runs on servers that insist on their own dialect, over real HTTP: what they sent comes back
to them, and what they leave out lets no run pass its limits.
"""

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from runs.engine.vocabulary import RunStatus, StopReason
from runs.models import Run
from tests.planners.speaking import Speaker, chat, refused, speaking, turns_of, wants
from tests.runtime.conftest import Bench, stored

USED = {"prompt_tokens": 50, "completion_tokens": 9}
SIGNED = {"google": {"thought_signature": "sig-1"}}
THINKING = {"type": "thinking", "thinking": "Which order?", "signature": "s1"}
REDACTED = {"type": "redacted_thinking", "data": "xyz"}
Reply = tuple[int, Any]


def deepseek(body: dict[str, Any]) -> Reply:
    """Insists on its reasoning in a field of its own, and on words that are words."""
    said = turns_of(body)
    if any("reasoning_content" not in each for each in said):
        return refused("Missing `reasoning_content` field in the assistant message")
    if any("private" in str(each["content"]) for each in said):
        return refused("reasoning came back as content")
    if len(said) < 2:
        return chat({"content": "", "reasoning_content": "private", **wants("look")}, USED)
    return chat({"content": "Done.", "reasoning_content": "private"}, USED)


def gemini(body: dict[str, Any]) -> Reply:
    """Insists on the signature of each call, and says so in a list."""
    calls = [call for each in turns_of(body) for call in each.get("tool_calls", ())]
    if any(call.get("extra_content") != SIGNED for call in calls):
        return 400, [{"error": {"code": 400, "message": "missing a thought_signature"}}]
    if len(calls) < 2:
        return chat(wants("look", extra_content=SIGNED), USED)
    return chat({"content": "Done."}, USED)


def claude(body: dict[str, Any]) -> Reply:
    """Insists on thinking before the call that it led to, in the order in which it came."""
    said = [each["content"] for each in turns_of(body)]
    if any([block["type"] for block in each] != KINDS for each in said):
        return refused("Expected `thinking` or `redacted_thinking`, but found `tool_use`")
    if any(each[:2] != [THINKING, REDACTED] for each in said):
        return refused("thinking blocks cannot be modified")
    use = {"type": "tool_use", "id": f"toolu_{len(said)}", "name": "look", "input": {}}
    last = [{"type": "text", "text": "Done."}]
    content = [THINKING, REDACTED, use] if len(said) < 2 else last
    usage = {"input_tokens": 50, "output_tokens": 9}
    return 200, {"content": content, "stop_reason": "end_turn", "usage": usage}


KINDS = ["thinking", "redacted_thinking", "tool_use"]


def litellm(body: dict[str, Any]) -> Reply:
    """A gateway that passes another provider's thinking on in fields of its own."""
    blocks = [THINKING]
    if any(each.get("thinking_blocks") != blocks for each in turns_of(body)):
        return refused("Expected `thinking`, but found `tool_use`")
    if len(turns_of(body)) < 2:
        thought = {"reasoning_content": "Which order?", "thinking_blocks": blocks}
        return chat({**thought, **wants("look"), "content": None}, USED)
    return chat({"content": "Done."}, USED)


@pytest.mark.parametrize(
    ("planner", "provider"),
    [
        ("openai:deepseek-reasoner", deepseek),
        ("openai:gemini-3-pro", gemini),
        ("openai:litellm-claude", litellm),
        ("anthropic:claude-opus-5", claude),
    ],
)
def test_a_thinking_model_makes_its_second_and_third_step(
    bench: Bench, planner: str, provider: Callable[[dict[str, Any]], Reply]
) -> None:
    look = bench.tool("look")
    with speaking(provider) as speaker:
        run = bench.play(bench.start("", planner=planner, base_url=speaker.base_url))
    assert (run.status, run.stop_detail) == (RunStatus.COMPLETED, "")
    assert len(look.keys) == 2
    assert len(speaker.asked) == 3


def test_what_a_provider_says_in_a_list_is_shown(bench: Bench) -> None:
    bench.tool("look")
    words = [{"error": {"code": 400, "message": "Function call is missing a thought_signature"}}]
    with speaking(lambda body: (400, words)) as speaker:
        run = bench.play(bench.start("", planner="openai:x", base_url=speaker.base_url))
    assert run.stop_reason == StopReason.PLANNER_FAILURE
    assert "missing a thought_signature" in run.stop_detail


def costs(run: Run) -> list[tuple[int, bool]]:
    return [
        (row.record.tokens_in, bool(row.record.data.get("estimated")))
        for row in stored(run)
        if row.record.kind == "step.planned"
    ]


@pytest.mark.parametrize(
    "usage",
    [None, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}],
    ids=["left out", "zeros"],
)
@pytest.mark.parametrize(
    "limits",
    [{"max_tokens": 6_000, "max_usd": Decimal(5)}, {"max_usd": Decimal("0.05")}],
    ids=["tokens", "usd"],
)
def test_limits_hold_on_a_server_that_reports_no_usage(
    bench: Bench, usage: Any, limits: dict[str, Any]
) -> None:
    look = bench.tool("look")
    words = "The parcel is still on its way to the customer. " * 20
    own = {"price_in": Decimal(3), "price_out": Decimal(15), "max_tokens_out": 500}

    def server(body: dict[str, Any]) -> Reply:
        n = len(turns_of(body))
        return chat({"content": words, **wants("look", {"order": n * 7919})}, usage)

    with speaking(server) as speaker:
        run = bench.play(
            bench.start(
                "",
                planner="openai:x",
                base_url=speaker.base_url,
                **{"max_steps": 500} | own | limits,
            )
        )
    assert run.stop_reason == StopReason.BUDGET_EXCEEDED, run.stop_detail
    assert run.estimated
    assert not run.usd_unknown
    assert 0 < run.usd <= run.max_usd
    assert 2 < run.tokens_in + run.tokens_out <= run.max_tokens
    assert len(look.keys) > 1
    assert all(tokens > 20 and guessed for tokens, guessed in costs(run))


def test_what_is_reported_is_marked_as_no_estimate(bench: Bench) -> None:
    bench.tool("look")
    with speaking(deepseek) as speaker:
        run = bench.play(bench.start("", planner="openai:x", base_url=speaker.base_url))
    assert not run.estimated
    assert costs(run) == [(50, False)] * 3


def test_the_unchanged_beginning_of_a_request_is_cached_and_what_that_saves_is_kept(
    bench: Bench,
) -> None:
    bench.tool("look")

    def caching(body: dict[str, Any]) -> Reply:
        marks = str(body).count("cache_control")
        said = len(turns_of(body))
        read = {"cache_read_input_tokens": 9_000 if said and marks else 0}
        use = {"type": "tool_use", "id": f"t{said}", "name": "look", "input": {}}
        content = [use] if said < 2 else [{"type": "text", "text": "Done."}]
        usage = {"input_tokens": 1_000, "output_tokens": 10, **read}
        return 200, {"content": content, "usage": usage, "stop_reason": "end_turn"}

    with speaking(caching) as speaker:
        run = bench.play(
            bench.start("", planner="anthropic:claude-haiku-4-5", base_url=speaker.base_url)
        )
    assert run.status == RunStatus.COMPLETED
    assert [str(body).count("cache_control") for body in speaker.asked] == [2, 3, 4]
    # 18,000 tokens at a tenth of a dollar a million instead of a whole one
    assert run.saved == Decimal("0.0162")
    assert prefixes_hold(speaker)


def prefixes_hold(speaker: Speaker) -> bool:
    """Whether each request begins with the one before it, marks aside: else nothing is cached."""
    told = [[bare(message) for message in body["messages"]] for body in speaker.asked]
    return all(later[: len(earlier)] == earlier for earlier, later in itertools.pairwise(told))


def bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: bare(inner) for name, inner in value.items() if name != "cache_control"}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


ODD_SCHEMA = {
    "type": "object",
    "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    "properties": {"id": {"type": "int"}, "name": {"type": "string", "pattern": r"^\p{L}+$"}},
}


def openai_schemas(body: dict[str, Any]) -> Reply:
    """Refuses a request for one tool's sake, as the chat completions service does."""
    for tool in body["tools"]:
        told = tool["function"]
        top = told["parameters"]
        if top.get("type") != "object" or top.keys() & {"anyOf", "oneOf", "allOf", "enum", "not"}:
            return refused(f"Invalid schema for function '{told['name']}': schema must have type")
        text = str(top)
        if "'int'" in text or "\\p{" in text or (told["name"] == "wary" and "'x'" in text):
            return refused(f"Invalid schema for function '{told['name']}': it is not valid")
    if any(tool["function"]["name"] == "cursed" for tool in body["tools"]):
        at = [tool["function"]["name"] for tool in body["tools"]].index("cursed")
        return refused(f"Invalid 'tools[{at}].function': it is not allowed")
    if not turns_of(body):
        return chat(wants("look"), USED)
    return chat({"content": "Done."}, USED)


def anthropic_schemas(body: dict[str, Any]) -> Reply:
    names = [tool["name"] for tool in body["tools"]]
    for at, tool in enumerate(body["tools"]):
        if tool["input_schema"].keys() & {"anyOf", "oneOf", "allOf"}:
            return refused(f"tools.{at}.custom.input_schema: input_schema does not support anyOf")
        if tool["name"] == "wary" and "'x'" in str(tool["input_schema"]):
            return refused(f"tools.{at}.custom.input_schema: JSON schema is invalid")
    if "cursed" in names:
        return refused(f"tools.{names.index('cursed')}: Input tag 'cursed' is not expected")
    usage = {"input_tokens": 50, "output_tokens": 9}
    look = [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]
    content = look if not turns_of(body) else [{"type": "text", "text": "Done."}]
    return 200, {"content": content, "stop_reason": "end_turn", "usage": usage}


@pytest.mark.parametrize(
    ("planner", "provider"),
    [("openai:gpt-4o-mini", openai_schemas), ("anthropic:claude-haiku-4-5", anthropic_schemas)],
)
def test_a_tool_that_a_provider_will_not_have_is_said_and_the_run_goes_on_without_it(
    bench: Bench, planner: str, provider: Callable[[dict[str, Any]], Reply]
) -> None:
    look = bench.tool("look", schema=ODD_SCHEMA)
    bench.tool("wary", schema={"type": "object", "properties": {"x": {"type": "string"}}})
    bench.tool("cursed")
    with speaking(provider) as speaker:
        run = bench.play(bench.start("", planner=planner, base_url=speaker.base_url))
    assert (run.status, run.stop_detail) == (RunStatus.COMPLETED, "")
    assert len(look.keys) == 1
    said = [
        row.record.data["message"]
        for row in stored(run)
        if row.record.kind == "step.plan_failed" and row.record.data["fault"] == "schema"
    ]
    assert said[0].endswith("wary is described to it in words from now on.")
    assert said[1].endswith("cursed is described to it in words from now on.")
    assert said[2].endswith("cursed is not offered to it any more.")
    assert len(said) == 3
    assert run.usd_unknown is False
