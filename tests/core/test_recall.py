"""What a planner reads again of its own run: word for word what the journal holds, no more readable
for people than it was, and told plainly where there is nothing.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.records import JournalRecord, Stored
from console.json_value import Json
from runs.engine import events as e
from runs.engine import recall, tokens
from runs.engine.fold import folded
from runs.engine.ports import Restricted, ToolContext
from runs.engine.recall import PART, RECALL, chosen, earlier, offered, told
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, Verdict, Visibility
from runs.runtime.recall_tool import RecallTool, WithRecall
from runs.simulation.journals import Journals, MemoryStore
from runs.simulation.lives import SimulatedRun
from runs.tools import registry
from runs.tools.parameters import BadTool
from runs.tools.toolbox import Box
from tests.core.runs_in_memory import calling, created, leased

AT = datetime(2026, 3, 1, tzinfo=UTC)
RUN = UUID(int=3)


class Past:
    """The journal of a run: what its calls returned."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []

    def add(self, kind: str, step: int, tool: str, data: dict[str, Json], **facts: Any) -> "Past":
        erased = facts.pop("erased", False)
        record = JournalRecord(kind, AT, "tool", RUN, step=step, tool=tool, data=data, **facts)
        self.stored.append(Stored(1, RUN, len(self.stored) + 1, record, erased))
        return self

    def call(
        self, step: int, result: Json, tool: str = "read", place: int = 1, **facts: Any
    ) -> "Past":
        name, args = f"{step}.{place}", facts.pop("args", {"n": step})
        error, retry_at = facts.pop("error", ""), facts.pop("retry_at", None)
        self.add("call.intended", step, tool, {"call": name, "args": args})
        data = {"call": name, "result": result, "error": error, "retry_at": retry_at}
        return self.add("call.returned", step, tool, data, **facts)

    def recall(self, **args: Json) -> Restricted:
        return told(args, chosen(args, earlier(self.stored)))


@pytest.mark.parametrize("result", ["words\nof a file", {"a": [1, None]}, [], 0, False, None])
def test_a_step_s_only_result_comes_back_as_it_was(result: Json) -> None:
    assert Past().call(1, "other").call(2, result).recall(step=2).result == result


def test_what_failed_comes_back_as_its_error() -> None:
    assert Past().call(1, None, error="no such order").recall(step=1).result == (
        "Error: no such order"
    )


def test_an_attempt_that_was_made_again_is_no_result() -> None:
    past = Past().call(1, None, error="hiccup", retry_at="2026-03-01T00:00:09+00:00")
    assert past.call(1, "fine").recall(step=1).result == "fine"


def test_several_results_of_a_step_say_what_each_is() -> None:
    past = Past().call(4, "one", args={"path": "a"}).call(4, "two", tool="get", place=2)
    assert past.recall(step=4).result == [
        {"step": 4, "tool": "read", "args": {"path": "a"}, "result": "one"},
        {"step": 4, "tool": "get", "args": {"n": 4}, "result": "two"},
    ]


def test_a_query_finds_what_holds_each_of_its_words_in_any_case() -> None:
    past = Past().call(1, "The Lamp is blue").call(2, "the lamp is red").call(3, "a chair")
    assert past.recall(query="LAMP blue").result == "The Lamp is blue"
    assert [each["step"] for each in past.recall(query="lamp").result] == [1, 2]


def test_a_query_is_asked_of_arguments_and_tools_as_well() -> None:
    past = Past().call(1, "x", args={"path": "src/a.py"}).call(2, "y", tool="pay")
    assert past.recall(query="src/a.py").result == "x"
    assert past.recall(query="pay").result == "y"


def test_of_many_a_query_gives_the_newest() -> None:
    past = Past()
    for step in range(1, 20):
        past.call(step, "same words")
    assert [each["step"] for each in past.recall(query="same").result] == [15, 16, 17, 18, 19]


def test_what_was_only_recalled_is_not_found_again() -> None:
    past = Past().call(1, "lamp").call(2, "lamp", tool=RECALL)
    assert past.recall(query="lamp").result == "lamp"
    assert past.recall(step=2).result == "No result of step 2 is on record in this run."


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "Say which: recall(step=…) or recall(query=…)."),
        ({"step": 9}, "No result of step 9 is on record in this run."),
        (
            {"query": "zebra"},
            "No result that holds every word of 'zebra' is on record in this run.",
        ),
        (
            {"step": 1, "query": "zebra"},
            "No result of step 1 that holds every word of 'zebra' is on record in this run.",
        ),
    ],
)
def test_that_there_is_nothing_is_an_answer_and_says_why(args: dict[str, Json], said: str) -> None:
    assert Past().call(1, "lamp").recall(**args) == Restricted(said, None)


def test_erased_content_is_said_to_be_erased() -> None:
    past = Past().add("call.returned", 1, "read", {}, erased=True)
    assert past.recall(step=1).result == recall.ERASED


def test_what_is_recalled_is_no_more_readable_for_people_than_what_it_is_made_of() -> None:
    past = Past().call(1, "open", visibility="visible").call(1, "dark", visibility="always_hidden")
    assert past.recall(step=1).visibility is Visibility.ALWAYS_HIDDEN
    assert past.recall(query="open").visibility is Visibility.VISIBLE


@given(st.text(max_size=3 * PART // 2).map(lambda text: text * 3))
def test_the_parts_of_a_long_result_are_the_whole_of_it(text: str) -> None:
    past = Past().call(1, text)
    if len(text) <= PART:
        assert past.recall(step=1).result == text
        return
    parts = -(-len(text) // PART)
    said = [str(past.recall(step=1, part=number).result) for number in range(1, parts + 1)]
    heads = [f"[part {number} of {parts}]\n" for number in range(1, parts + 1)]
    assert "".join(part.removeprefix(head) for part, head in zip(said, heads, strict=True)) == text
    assert past.recall(step=1, part=parts + 1).result == (
        f"There is no part {parts + 1}: it has {parts}."
    )


def test_it_is_offered_once_something_was_folded_and_not_before() -> None:
    box = WithRecall(Box([]), memory()[0])
    folded_away = folded(
        [e.ContextCompacted(at=AT, step=1, messages=1, steps=1, summary="x")], running()
    )
    assert offered(box, RunState()) == ()
    assert offered(box, folded_away) == (recall.SPEC,)
    assert box.find(RECALL) is not None


def running() -> RunState:
    planned = e.StepPlanned(at=AT, step=1, calls=calling("read").calls)
    return folded([created(), leased(), planned])


def test_a_toolbox_with_recall_says_what_is_missing_in_it_as_before() -> None:
    assert WithRecall(Box([], ["no server"]), memory()[0]).missing == ("no server",)


def test_no_declared_tool_takes_its_name() -> None:
    async def recall(step: int) -> int:
        """Something else."""
        return step

    with pytest.raises(BadTool, match="built in"):
        registry.tool(effect=Effect.READ)(recall)


def memory() -> tuple[MemoryStore, Journals, SimulatedRun]:
    journals = Journals(lambda: AT)
    life = SimulatedRun(RUN, {"name": "a"}, RUN)
    journals.born(life, [created(AT)])
    held = journals.acquire(RUN, "one")
    assert held is not None
    return MemoryStore(held, journals), journals, life


def context() -> ToolContext:
    return ToolContext("run", 2, "anna", "ref", "key", "corr", AT + timedelta(seconds=9))


@pytest.mark.parametrize("result", ["x" * 100_000, {"rows": ["ü" * 40_000]}])
def test_what_was_too_large_for_its_row_is_given_back_whole_in_parts(result: Json) -> None:
    store, journals, life = memory()
    planned = e.StepPlanned(at=AT, step=1, calls=running().queue)
    intended = e.CallIntended(
        at=AT, step=1, tool="read", call="1.1", ref="ref0", args={}, key="1.1", effect=Effect.READ
    )
    back = e.CallReturned(
        at=AT,
        step=1,
        tool="read",
        call="1.1",
        outcome=Outcome.OK,
        verdict=Verdict.SUCCEEDED,
        result=result,
    )
    journals.say(RUN, [e.RunLeased(at=AT, owner="one", epoch=1), planned, intended, back])
    assert "$spilled" in life.stored[-1].record.data["result"]
    tool = RecallTool(store)
    text = tokens.rendered(result)
    said = ""
    for number in range(1, -(-len(text) // PART) + 1):
        found = asyncio.run(tool.call({"step": 1, "part": number}, context()))
        said += found.result.partition("\n")[2]
    assert said == text


def test_it_always_succeeds_whatever_it_finds() -> None:
    store, _, _ = memory()
    tool = RecallTool(store)
    found = asyncio.run(tool.call({"step": 7}, context()))
    assert asyncio.run(tool.check({"step": 7}, found, context())) is Verdict.SUCCEEDED
