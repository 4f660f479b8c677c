"""A judge over real HTTP: asked every few steps about the last ones, paid for by the run, believed
twice, and never waited for in vain.
"""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from llmock.scenarios import Fail, Reply, ToolCall
from llmock.testing import LLMockServer

from approvals.rules.request_vocabulary import RequestKind
from console.journal.records import JournalRecord
from console.json_value import Json
from policies import current
from policies.budgets.models import Budget, Escrow
from policies.judge.models import JudgePolicy
from policies.judge.rules import TASK
from runs import services
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import AnswerAct, RunStatus, StopReason
from runs.models import Run
from tests.patience import PATIENCE, ended
from tests.planners.relay import DROP, Relay, relaying
from tests.runtime.conftest import Bench, answering, calling, now, state_of, stored
from tests.supervision.answering import answer, asked, hints

MODEL = "gpt-4o-mini"
CRITERION = {"name": "told", "cel": "final.text.contains('done')"}
NO, YES = (
    Reply(text="NO: it reads pages about lamps, not the order."),
    Reply(text="YES: it found the order."),
)
PAGES = (
    "oak",
    "tin",
    "jade",
    "salt",
    "moss",
    "clay",
    "flax",
    "rust",
    "kelp",
    "sand",
    "wool",
    "coal",
)


@pytest.fixture
def reader(house: Bench) -> Bench:
    """A tool that has news each time, so that nobody but a judge could say that the run gets
    nowhere.
    """

    async def read(args: Mapping[str, Json], context: ToolContext) -> Json:
        return {
            "title": f"All about {args['page']}",
            "text": " ".join(f"{args['page']}{number * 7919}" for number in range(12)),
        }

    house.tool("read_page", read)
    return house


def script(steps: int) -> str:
    return (
        "".join(
            calling("read_page", f'{{ page = "{page}" }}', "usd = 0.001") for page in PAGES[:steps]
        )
        + answering()
    )


def judge(base_url: str, **facts: object) -> None:
    """As an admin would switch it on."""
    facts = {
        "every": 3,
        "planner": f"openai:{MODEL}",
        "base_url": base_url,
        "timeout_seconds": 5,
        **facts,
    }
    JudgePolicy.objects.update_or_create(name="every-agent", defaults={"enabled": True, **facts})
    current.refresh()


@contextmanager
def judging(mock: LLMockServer, *words: object, **facts: object) -> Iterator[Relay]:
    turns: Any = [None if word is DROP else (word,) for word in words]
    with relaying(mock, "openai", turns) as relay:
        judge(relay.base_url, **facts)
        yield relay


def answers(run: Run) -> list[JournalRecord]:
    return [row.record for row in stored(run) if row.record.kind == "judge.answered"]


def test_a_run_that_is_not_judged_asks_nobody(reader: Bench, llmock_server: LLMockServer) -> None:
    with relaying(llmock_server, "openai", []) as relay:
        run = reader.play(reader.start(script(9)))
    assert (run.status, relay.requests, answers(run)) == (RunStatus.COMPLETED, 0, [])


def test_it_is_told_first_and_paused_as_drifted_when_it_goes_on(
    reader: Bench, llmock_server: LLMockServer, approver: User
) -> None:
    with judging(llmock_server, NO, NO, YES) as relay:
        run = reader.play(reader.start(script(9)))
        assert (run.status, run.stop_reason, run.step, relay.requests) == (
            RunStatus.PAUSED,
            StopReason.DRIFTED,
            6,
            2,
        )
        [hint] = hints(run)
        assert (hint.step, hint.rule) == (3, "judge:every-agent")
        assert "it reads pages about lamps, not the order" in hint.text
        [card] = asked(run, RequestKind.LOOP)
        version = JudgePolicy.objects.get().version
        assert (card.rule, card.facts["version"], hint.version) == (
            "judge:every-agent",
            version,
            version,
        )
        assert "it reads pages about lamps, not the order" in card.sentence
        answer(card, approver, AnswerAct.APPROVE, note="read on")
        run = reader.play(run)
    assert (run.status, relay.requests) == (RunStatus.COMPLETED, 3)


def test_an_admin_may_have_drifted_runs_stopped(reader: Bench, llmock_server: LLMockServer) -> None:
    with judging(llmock_server, NO, NO, ending="stop"):
        run = reader.play(reader.start(script(9)))
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.DRIFTED)
    [stopped] = [row.record for row in stored(run) if row.record.kind == "run.stopped"]
    assert (stopped.rule, stopped.data["version"]) == (
        "judge:every-agent",
        JudgePolicy.objects.get().version,
    )
    assert stopped.data["facts"]["negative_verdicts"] == 2


def test_a_yes_in_between_begins_the_count_anew(reader: Bench, llmock_server: LLMockServer) -> None:
    with judging(llmock_server, NO, YES, NO):
        run = reader.play(reader.start(script(11)))
    assert (run.status, [each.data["closer"] for each in answers(run)]) == (
        RunStatus.COMPLETED,
        ["no", "yes", "no"],
    )
    assert [hint.step for hint in hints(run)] == [3, 9]


def test_what_it_costs_is_counted_as_the_provider_reported_it(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    with judging(llmock_server, YES, YES) as relay:
        run = reader.play(reader.start(script(7)))
    spent_in = sum(usage["prompt_tokens"] for usage in relay.reported)
    spent_out = sum(usage["completion_tokens"] for usage in relay.reported)
    dear = (Decimal("0.15") * spent_in + Decimal("0.6") * spent_out) / 1_000_000
    assert spent_in > 0
    assert sum(each.tokens_in for each in answers(run)) == spent_in
    assert run.usd == Decimal("0.007") + dear
    assert not run.usd_unknown


def test_it_sees_the_goal_and_the_last_steps_and_nothing_of_the_prompt(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    with judging(llmock_server, YES) as relay:
        reader.play(
            reader.start(script(4), prompt="You are a secret agent.", acceptance=[CRITERION])
        )
    [request] = relay.asked
    account, _, question = request["messages"][-1]["content"].rpartition("\n\n")
    shown = json.loads(account)
    assert shown["goal"] == "probe the runtime"
    assert [(each["name"], each["met"]) for each in shown["counts_as_done"]] == [("told", False)]
    assert [(each["step"], each["calls"][0]["arguments"]) for each in shown["last_steps"]] == [
        (number, f'{{"page": "{page}"}}') for number, page in enumerate(PAGES[:3], 1)
    ]
    assert "All about tin" in shown["last_steps"][1]["calls"][0]["answer"]
    assert question == "Are we meaningfully closer to the goal than 3 steps ago?"
    assert "secret agent" not in json.dumps(request)
    assert "tools" not in request


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (Reply(text="I would rather talk about lamps."), "Neither a plain yes nor a plain no"),
        (Fail(500), "127.0.0.1 is in trouble"),
        (Fail(401), "127.0.0.1 refused a request without a key"),
        (Fail(429), "127.0.0.1 asks to slow down"),
        (DROP, "The connection to 127.0.0.1 failed"),
    ],
)
def test_a_judge_without_an_answer_holds_nobody_up(
    reader: Bench, llmock_server: LLMockServer, word: object, why: str
) -> None:
    with judging(llmock_server, word) as relay:
        run = reader.play(reader.start(script(4)))
    assert (run.status, relay.requests) == (RunStatus.COMPLETED, 1)
    [said] = answers(run)
    assert said.data["closer"] == "unknown"
    assert said.data["sentence"].startswith(why)


def test_nobody_there_is_no_answer_either(reader: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    judge(f"http://127.0.0.1:{port}/v1")
    run = reader.play(reader.start(script(4)))
    assert (run.status, answers(run)[0].data["closer"]) == (RunStatus.COMPLETED, "unknown")


def test_a_judge_that_never_answers_is_given_up(reader: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        judge(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout_seconds=1)
        run = reader.play(reader.start(script(4)))
    [said] = answers(run)
    assert (run.status, said.data["sentence"]) == (RunStatus.COMPLETED, "No answer within 1 s.")


def test_a_kill_reaches_a_run_that_waits_for_its_judge(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    thinking, over = threading.Event(), threading.Event()

    def think() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            thinking.set()
            over.wait(PATIENCE)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        judge(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout_seconds=60)
        helper = threading.Thread(target=think, daemon=True)
        helper.start()
        run = reader.start(script(4))
        worker = reader.playing(run)
        assert thinking.wait(PATIENCE)
        services.kill(run_id=run.id, actor=reader.user, at=now())
        ended(worker)
        over.set()
        ended(helper)
    run = reader.look(run)
    assert (run.stop_reason, run.usd_unknown) == (StopReason.USER_KILLED, True)


def test_a_run_that_cannot_pay_for_a_judge_goes_on_without_one(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    with judging(llmock_server, price_out=Decimal(900_000), price_in=Decimal(1)) as relay:
        run = reader.play(reader.start(script(4), max_usd=Decimal("0.5")))
    [said] = answers(run)
    assert (run.status, relay.requests, said.usd) == (RunStatus.COMPLETED, 0, Decimal(0))
    assert said.data["sentence"].startswith("It was not asked: ")


def test_a_shared_budget_counts_its_judge_as_money_and_not_as_a_step(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    Budget.objects.all().delete()
    money = Budget.objects.create(name="a-day", window="day", measure="usd", amount=Decimal(5))
    steps = Budget.objects.create(
        name="a-day-steps", window="day", measure="steps", amount=Decimal(100)
    )
    with judging(llmock_server, YES):
        run = reader.play(reader.start(script(4)))
    assert answers(run)[0].usd
    assert Escrow.objects.get(budget=money).spent == run.usd
    assert Escrow.objects.get(budget=steps).spent == run.step == 5


def test_a_shared_budget_that_is_used_up_keeps_the_judge_from_being_asked(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    Budget.objects.all().delete()
    Budget.objects.create(name="a-call", window="call", measure="tokens", amount=Decimal(3_000))
    with judging(llmock_server, max_tokens_out=3_000) as relay:
        run = reader.play(reader.start(script(4), max_tokens_out=100))
    assert relay.requests == 0
    assert answers(run)[0].data["sentence"].startswith("It was not asked: ")
    assert run.status == RunStatus.COMPLETED


def test_its_answer_is_read_back_and_not_asked_for_again(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    with judging(llmock_server, NO, NO) as relay:
        run = reader.play(reader.start(script(9)))
        before = relay.requests
        state = state_of(run)
        assert (state.usd, state.step, state.judged) == (run.usd, 6, 6)
        assert reader.play(run).status == RunStatus.PAUSED
        assert relay.requests == before


def test_without_a_model_of_its_own_the_runs_own_is_asked(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    turns = [Reply(tool_calls=(ToolCall("read_page", {"page": page}),)) for page in PAGES[:2]]
    with relaying(
        llmock_server, "openai", [(turns[0],), (turns[1],), (YES,), (Reply(text="All done."),)]
    ) as relay:
        judge("", planner="", every=2)
        run = reader.play(reader.start("", planner=f"openai:{MODEL}", base_url=relay.base_url))
    assert (run.status, relay.requests, len(answers(run))) == (RunStatus.COMPLETED, 4, 1)
    assert [request["messages"][0]["content"] == TASK for request in relay.asked] == [
        False,
        False,
        True,
        False,
    ]
    assert run.tokens_in == sum(usage["prompt_tokens"] for usage in relay.reported)


def test_a_script_is_no_model_that_could_be_asked(
    reader: Bench, llmock_server: LLMockServer
) -> None:
    with relaying(llmock_server, "openai", []) as relay:
        judge("", planner="")
        run = reader.play(reader.start(script(4)))
    assert (run.status, relay.requests, answers(run)) == (RunStatus.COMPLETED, 0, [])
