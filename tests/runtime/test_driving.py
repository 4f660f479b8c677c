"""A run through the real runtime: what ends up in the journal and on its row."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from console.journal.spill import marker
from console.json_value import Json
from runs.engine.engine_errors import ToolError
from runs.engine.fold import fold
from runs.engine.ports import ToolContext
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import RunStatus, StopReason
from runs.models import Run
from runs.runtime import loop, run_ledger, worker_process
from runs.runtime.postgres_store import PostgresStore
from tests.patience import PATIENCE, ended, forever
from tests.runtime.conftest import Bench, answering, calling, kinds, state_of, stored


def result_of(run: Run) -> Any:
    return next(row.record for row in stored(run) if row.record.kind == "call.returned")


def test_a_run_is_driven_to_its_end(bench: Bench) -> None:
    bench.tool("look")
    run = bench.play(
        bench.start(
            calling("look", "{ n = 1 }", "tokens_in = 10\ntokens_out = 5") + answering("found")
        )
    )
    assert (run.status, run.stop_reason, run.step, run.calls, run.tokens_in) == (
        RunStatus.COMPLETED,
        StopReason.COMPLETED,
        2,
        1,
        10,
    )
    assert kinds(run) == [
        "run.created",
        "run.leased",
        "step.planned",
        "call.intended",
        "call.returned",
        "step.planned",
        "run.completed",
    ]
    assert (run.lease_owner, run.lease_expires_at) == ("", None)
    assert run.seq == 7


def test_the_row_is_the_fold_of_its_events_after_every_single_append(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.tool("look")
    projected: dict[int, Mapping[str, object]] = {}
    append = PostgresStore.append

    async def watched(
        self: PostgresStore,
        rows: Any,
        seq: int,
        projection: Mapping[str, object],
        beside: Any,
        meanwhile: Any,
    ) -> int:
        last = await append(self, rows, seq, projection, beside, meanwhile)
        projected[last] = projection
        return last

    monkeypatch.setattr(PostgresStore, "append", watched)
    run = bench.play(bench.start(calling("look") + calling("look") + answering()))
    state, checked, row_now = RunState(), 0, dict[str, object]()
    for row, event in zip(stored(run), run_ledger.events(stored(run)), strict=True):
        state = fold(state, event)
        if row.seq in projected:
            row_now |= project(state) if not checked else projected[row.seq]
            assert {column: row_now[column] for column in project(state)} == project(state)
            checked += 1
    assert checked == len(projected) == 6
    assert {column: getattr(run, column) for column in project(state)} == project(state)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ToolError("no such order"), "no such order"),
        (ValueError("broken"), "ValueError: broken"),
        (SystemExit(3), "it tried to end the process"),
        (RecursionError(), "RecursionError"),
    ],
)
def test_whatever_a_tool_raises_is_a_failure_and_the_run_goes_on(
    bench: Bench, raised: BaseException, said: str
) -> None:
    async def fails(args: Mapping[str, Json], context: ToolContext) -> Json:
        raise raised

    bench.tool("look", fails)
    run = bench.play(bench.start(calling("look") + answering()))
    record = result_of(run)
    assert run.status == RunStatus.COMPLETED
    assert (record.outcome, record.verdict) == ("error", "failed")
    assert said in record.data["error"]


def test_a_tool_that_takes_too_long_is_cut_off(bench: Bench) -> None:
    async def sleeps(args: Mapping[str, Json], context: ToolContext) -> Json:
        await forever()

    bench.tool("look", sleeps, timeout=0.05)
    run = bench.play(bench.start(calling("look") + answering()))
    assert (result_of(run).outcome, run.status) == ("timeout", RunStatus.COMPLETED)


def test_a_result_of_fifty_megabytes_is_kept_beside_the_journal(bench: Bench) -> None:
    async def huge(args: Mapping[str, Json], context: ToolContext) -> Json:
        return "x" * 50_000_000

    bench.tool("look", huge)
    run = bench.play(bench.start(calling("look") + answering()))
    found = marker(result_of(run).data["result"])
    assert found is not None
    assert found["size"] == 50_000_000
    assert run.status == RunStatus.COMPLETED
    assert state_of(run).context < 20_000


@pytest.mark.parametrize(
    "odd",
    [
        "a\0b",
        "lone \udc80 surrogate",
        float("nan"),
        {"n": 1e400},
        {1: 2},
        b"bytes",
        [[[]]] * 3,
        None,
        object(),
    ],
)
def test_odd_results_are_kept_and_said_to_be_odd(bench: Bench, odd: object) -> None:
    async def gives(args: Mapping[str, Json], context: ToolContext) -> Json:
        return odd

    bench.tool("look", gives)
    run = bench.play(bench.start(calling("look") + answering()))
    assert run.status == RunStatus.COMPLETED
    assert {column: getattr(run, column) for column in project(state_of(run))} == project(
        state_of(run)
    )


def test_a_tool_may_say_that_it_ran_and_did_not_succeed(bench: Bench) -> None:
    async def garbage(args: Mapping[str, Json], context: ToolContext) -> Json:
        return "garbage"

    bench.tool("look", garbage, has_check=True)
    run = bench.play(bench.start(calling("look") + answering()))
    assert (result_of(run).outcome, result_of(run).verdict, result_of(run).rule) == (
        "ok",
        "failed",
        "check",
    )


def test_unknown_tools_and_wrong_arguments_go_back_to_the_planner(bench: Bench) -> None:
    probe = bench.tool("look")
    probe.spec.schema["required"] = ["id"]  # type: ignore[index]
    run = bench.play(
        bench.start(
            calling("nothing") + calling("look") + calling("look", "{ id = 1 }") + answering()
        )
    )
    assert kinds(run).count("call.refused") == 2
    assert len(probe.keys) == 1
    assert run.status == RunStatus.COMPLETED


def test_only_one_worker_gets_a_run(bench: Bench) -> None:
    release = asyncio.Event()

    async def waits(args: Mapping[str, Json], context: ToolContext) -> Json:
        await release.wait()

    probe = bench.tool("look", waits)
    run = bench.start(calling("look") + answering())
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    assert worker_process.advance(run.id) is False
    loop.loop().call_soon_threadsafe(release.set)
    ended(worker)
    assert bench.look(run).status == RunStatus.COMPLETED
    assert len(probe.keys) == 1


def test_an_ended_run_is_not_taken_again(bench: Bench) -> None:
    run = bench.play(bench.start(answering()))
    assert worker_process.advance(run.id) is False
