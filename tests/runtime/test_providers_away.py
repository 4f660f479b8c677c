"""A provider that is away is waited for; an answer that is none is not bought again and again:
whole runs over real HTTP.
"""

import pytest
from llmock.scenarios import Fail, Reply
from llmock.testing import LLMockServer

from policies.outages.rules import Patience
from runs.engine.vocabulary import RunStatus, StopReason, Waiting
from runs.runtime.baseline_rules import OwnRules
from tests.planners.relay import DROP, Act, relaying
from tests.runtime.conftest import Bench


def test_a_provider_that_is_away_is_waited_for_and_the_row_says_so(
    bench: Bench, llmock_server: LLMockServer
) -> None:
    with relaying(llmock_server, "anthropic", [(Fail(529, retry_after=60),)]) as relay:
        run = bench.play(
            bench.start("", planner="anthropic:claude-haiku-4-5", base_url=relay.base_url)
        )
    assert (run.status, run.waiting_for) == (RunStatus.WAITING, Waiting.PROVIDER)
    assert run.stop_detail.startswith(f"Waiting for 127.0.0.1:{relay.port}, 529 since ")
    assert run.wake_at is not None


def test_more_failures_than_a_planner_once_had_attempts_do_not_end_a_run(
    bench: Bench, llmock_server: LLMockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried = Patience(base=0.001, cap=0.01)
    monkeypatch.setattr(OwnRules, "patience", lambda self, planner: hurried)
    plan: list[Act] = [*[(Fail(529),)] * 4, DROP, *[(Fail(503),)] * 4, (Reply(text="All done."),)]
    with relaying(llmock_server, "openai", plan) as relay:
        run = bench.play(bench.start("", planner="openai:gpt-4o-mini", base_url=relay.base_url))
    assert (run.status, relay.requests) == (RunStatus.COMPLETED, 10)


def test_an_answer_that_was_cut_off_is_asked_for_with_more_room_once(
    bench: Bench, llmock_server: LLMockServer
) -> None:
    cut = (Reply(text="The refund is", finish_reason="length"),)
    with relaying(llmock_server, "openai", [cut, cut]) as relay:
        run = bench.play(
            bench.start(
                "", planner="openai:gpt-4o-mini", base_url=relay.base_url, max_tokens_out=500
            )
        )
    assert [asked["max_tokens"] for asked in relay.asked] == [500, 2_000]
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.PLANNER_FAILURE)
    assert "cut off at 2,000 tokens" in run.stop_detail
    assert "“Tokens of one answer”" in run.stop_detail
    assert "The refund is" in run.stop_detail


@pytest.mark.parametrize(
    "reply",
    [
        Reply(text="I cannot help.", finish_reason="content_filter"),
        Reply(text=""),
        Reply(text='<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>'),
    ],
)
def test_what_is_no_answer_is_bought_once_more_and_its_words_are_shown(
    bench: Bench, llmock_server: LLMockServer, reply: Reply
) -> None:
    bench.tool("look")
    with relaying(llmock_server, "openai", [(reply,), (reply,)]) as relay:
        run = bench.play(bench.start("", planner="openai:gpt-4o-mini", base_url=relay.base_url))
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.PLANNER_FAILURE)
    assert relay.requests == 2
    assert (reply.text or "was empty")[:20] in run.stop_detail
