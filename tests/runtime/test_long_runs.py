"""Runs whose history is longer than their model's window, over real HTTP on both wires: older steps
are summed up, the window is learned where nobody listed it, and nothing is lost unread.
"""

from collections.abc import Mapping
from datetime import datetime

import pytest

from console.bench.marathon_wire import PlannedRead, Provider, serving
from console.json_value import Json
from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine.limits import Estimate
from runs.engine.ports import ToolContext
from runs.engine.recall import RECALL
from runs.engine.state import RunState
from runs.engine.vocabulary import RunStatus, StopReason
from runs.models import Run
from tests.runtime.conftest import Bench, Summing, stored

WIRES = ("openai", "anthropic")
USED_UP = Decision(DecisionKind.DENY, "day", 1, "The day's budget is used up.")


class Stingy(Summing):
    """A budget that has something left for steps, and nothing for summaries."""

    async def reserve(self, state: RunState, estimate: Estimate, now: datetime) -> Decision:
        return ALLOWED if estimate.steps else USED_UP


WINDOW = 6_000  # tokens, as the provider counts them


def page(number: int) -> str:
    return f"page {number}: " + " ".join(f"word{number}x{place}" for place in range(220))


def calls(count: int) -> list[PlannedRead]:
    return [PlannedRead("read", {"number": number}, page(number)) for number in range(count)]


async def read(args: Mapping[str, Json], context: ToolContext) -> Json:
    return page(args["number"])


def played(bench: Bench, provider: Provider, wire: str, **facts: Json) -> Run:
    bench.tool("read", read)
    with serving(provider) as port:
        base_url = f"http://127.0.0.1:{port}" + ("/v1" if wire == "openai" else "")
        limits = {"max_steps": 80, "max_tokens": 10**7, "max_tokens_out": 200, "max_usd": 1_000}
        own = {"planner": f"{wire}:marathon", "base_url": base_url, **limits, **facts}
        return bench.play(bench.start("", **own))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("summarise", ["", "digest"])
def test_a_run_goes_on_through_several_windows_and_no_result_is_gone_unread(
    bench: Bench, wire: str, summarise: str
) -> None:
    provider = Provider(calls(30), WINDOW)
    run = played(bench, provider, wire, window=WINDOW, summarise=summarise)
    assert (run.status, run.calls) == (RunStatus.COMPLETED, 30)
    made = [row.record for row in stored(run) if row.record.kind == "context.compacted"]
    assert len(made) >= 2
    assert (provider.over_window, provider.unpaired, provider.lost_before_read) == (0, 0, 0)
    assert provider.prefix_rewrites == len(made)
    assert {record.data["by"] for record in made} == {"digest" if summarise else "model"}
    assert provider.summaries == (0 if summarise else len(made))
    assert run.tokens_in == sum(row.record.tokens_in for row in stored(run))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("listed", [None, 200_000])
def test_a_window_that_nobody_listed_or_that_is_overstated_is_learned_from_the_refusal(
    bench: Bench, wire: str, listed: int | None
) -> None:
    provider = Provider(calls(20), WINDOW)
    run = played(bench, provider, wire, window=listed)
    assert (run.status, run.calls) == (RunStatus.COMPLETED, 20)
    assert 1 <= provider.over_window <= 2
    failures = [row.record for row in stored(run) if row.record.kind == "step.plan_failed"]
    assert {failed.data["fault"] for failed in failures} == {"overflow"}
    assert failures[0].data["window"] == WINDOW
    assert provider.lost_before_read == 0


@pytest.mark.parametrize("wire", WIRES)
def test_a_step_that_does_not_even_fit_alone_ends_the_run_with_what_was_counted(
    bench: Bench, wire: str
) -> None:
    provider = Provider([PlannedRead("read", {"number": 0}, page(0))], 600)
    run = played(bench, provider, wire, window=600)
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.CONTEXT_EXHAUSTED)
    assert "the last step alone are about" in run.stop_detail
    assert "600, of which 200 are kept for the answer" in run.stop_detail


@pytest.mark.parametrize("wire", WIRES)
def test_a_folded_result_is_read_again_word_for_word_and_as_a_call_like_any_other(
    bench: Bench, wire: str
) -> None:
    asked = calls(24)
    asked[18] = PlannedRead(RECALL, {"step": 2}, page(1))
    asked[22] = PlannedRead(RECALL, {"query": "word3x7"}, page(3))
    provider = Provider(asked, WINDOW)
    run = played(bench, provider, wire, window=WINDOW)
    assert (run.status, run.calls) == (RunStatus.COMPLETED, 24)
    assert (provider.recalls, provider.recalled_exactly) == (2, 2)
    made = [row.record for row in stored(run) if row.record.tool == RECALL]
    assert [each.kind for each in made] == ["call.intended", "call.returned"] * 2
    assert {each.verdict for each in made} == {"", "succeeded"}
    assert made[1].data["result"] == page(1)


def test_the_model_is_told_of_recall_with_the_first_summary_and_not_before(bench: Bench) -> None:
    provider = Provider(calls(15), WINDOW)
    played(bench, provider, "openai", window=WINDOW)
    told = ["recall(step=" in said for said in provider.told]
    assert provider.offered == told
    assert False in told
    assert told == sorted(told)


def test_a_budget_that_refuses_the_summary_leaves_lines_in_its_place(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Summing, "reserve", Stingy.reserve)
    provider = Provider(calls(15), WINDOW)
    prices = {"price_in": "1", "price_out": "2"}
    run = played(bench, provider, "openai", window=WINDOW, **prices)
    assert run.status == RunStatus.COMPLETED
    made = [row.record for row in stored(run) if row.record.kind == "context.compacted"]
    assert provider.summaries == 0
    said = {(each.data["by"], each.data["why"], each.tokens_in) for each in made}
    assert said == {("digest", "It was not asked: The day's budget is used up.", 0)}
    assert not run.usd_unknown


@pytest.mark.parametrize("summarise", ["openai:smaller", "openai:", "nonsense"])
def test_another_model_sums_up_or_says_why_it_could_not(bench: Bench, summarise: str) -> None:
    provider = Provider(calls(15), WINDOW)
    run = played(bench, provider, "openai", window=WINDOW, summarise=summarise)
    assert run.status == RunStatus.COMPLETED
    made = [row.record for row in stored(run) if row.record.kind == "context.compacted"]
    by = "model" if summarise == "openai:smaller" else "digest"
    assert {each.data["by"] for each in made} == {by}
    assert all(each.data["why"] for each in made) == (by == "digest")
