"""A call that may have acted and did not answer: its run waits for a word, and the page asks for
what one would look up.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.journal import visibility
from console.json_value import Json
from runs import services
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Happened, Lookup, ToolContext
from runs.engine.vocabulary import Effect, RunStatus, Waiting
from runs.models import Run
from runs.reading import doubt
from tests.pages.people import person
from tests.patience import forever
from tests.runtime.conftest import Bench, answering, calling, kinds, now, state_of

PAYING = calling("pay", '{ amount = 150, order_id = "1042" }') + answering()


async def slow(args: Mapping[str, Json], context: ToolContext) -> Json:
    await forever()


async def cut(args: Mapping[str, Json], context: ToolContext) -> Json:
    raise ToolError("MCP server till was lost during pay.", answered=False)


async def reset(args: Mapping[str, Json], context: ToolContext) -> Json:
    raise ConnectionResetError("by peer")


WORDS = {
    slow: "No answer within 0.2 s.",
    cut: "MCP server till was lost during pay.",
    reset: "ConnectionResetError: by peer",
}


def told(run: Run) -> str:
    return "\n".join(message.text for message in state_of(run).history)


@pytest.mark.parametrize("behaviour", [slow, cut, reset])
def test_a_payment_without_an_answer_asks_a_person_and_tells_the_planner_nothing(
    bench: Bench, behaviour: Any
) -> None:
    probe = bench.tool("pay", behaviour, effect=Effect.IRREVERSIBLE, timeout=0.2)
    run = bench.play(bench.start(PAYING))
    assert (run.status, run.waiting_for) == (RunStatus.WAITING, Waiting.IN_DOUBT)
    assert WORDS[behaviour] in run.stop_detail
    assert "Error" not in told(run)
    assert len(probe.keys) == 1


@pytest.mark.parametrize(("happened", "made"), [(Happened.YES, 1), (Happened.NO, 1)])
def test_a_tool_that_can_be_asked_is_asked_at_once_and_nobody_else(
    bench: Bench, happened: Happened, made: int
) -> None:
    probe = bench.tool("pay", slow, effect=Effect.IRREVERSIBLE, timeout=0.2, has_lookup=True)
    probe.found = Lookup(happened, {"paid": 150})
    run = bench.play(bench.start(PAYING))
    assert run.status == RunStatus.COMPLETED
    assert [kind for kind in kinds(run) if kind.startswith("call.")] == [
        "call.intended",
        "call.lost",
        "call.looked_up",
        "call.returned",
    ]
    assert ("paid" in told(run), "it did not happen" in told(run)) == (
        happened is Happened.YES,
        happened is Happened.NO,
    )
    assert len(probe.keys) == made


def test_the_page_asks_with_tool_amount_time_and_key(bench: Bench) -> None:
    probe = bench.tool("pay", slow, effect=Effect.IRREVERSIBLE, timeout=0.2)
    run = bench.play(bench.start(PAYING))
    asker = person("operator")
    page = of(asker, f"/runs/{run.pk}/")
    asked = doubt.of(run, visibility.clearance_of(asker))
    assert asked is not None
    for words in (
        "Did the call happen?",
        "pay",
        "150",
        "1042",
        probe.keys[0],
        asked.at,
        "No answer within 0.2 s.",
    ):
        assert words in page
    assert "nobody knows whether it happened" in of(asker, f"/runs/{run.pk}/audit/")


def of(who: User, path: str) -> str:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(path).content.decode()


def test_a_persons_word_lets_it_go_on_with_what_came_back(bench: Bench) -> None:
    bench.tool("pay", slow, effect=Effect.IRREVERSIBLE, timeout=0.2)
    run = bench.play(bench.start(PAYING))
    services.settle(
        run_id=run.id,
        actor=bench.user,
        at=now(),
        happened=True,
        note="looked at the till",
        came_back='{"receipt": 7}',
    )
    assert bench.play(run).status == RunStatus.COMPLETED
    assert "receipt" in told(run)
