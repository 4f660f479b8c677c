"""What channels are told of runs: their end, and that they stand still until a person acts; never
what they were about.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.rules import notifications, request_changes, run_news
from approvals.rules.change_of_requests import Noticed
from approvals.rules.run_news import News, RunLine
from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import StopReason, Waiting

AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def noticed(*events: e.RunEvent) -> Sequence[tuple[str, str]]:
    found = request_changes.changes(events, RunState())
    return [(each.news.value, each.reason) for each in found if isinstance(each, Noticed)]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (e.RunCompleted(at=AT, final="x"), [("run.ended", "COMPLETED")]),
        (
            e.RunStopped(at=AT, reason=StopReason.TOOL_FAILURE),
            [("run.ended", "TOOL_FAILURE")],
        ),
        (e.KillAcknowledged(at=AT), []),
        (e.RunWaiting(at=AT, waiting_for=Waiting.APPROVAL), [("run.waiting", "approval")]),
        (e.RunWaiting(at=AT, waiting_for=Waiting.PROVIDER), []),
        (e.RunWaiting(at=AT, waiting_for=Waiting.BACKOFF), []),
        (e.RunPaused(at=AT), []),
        (
            e.RunPaused(at=AT, reason=StopReason.BUDGET_EXCEEDED),
            [("run.waiting", "BUDGET_EXCEEDED")],
        ),
        (
            e.RunPaused(at=AT, reason=StopReason.PRINCIPAL_GONE),
            [("run.waiting", "PRINCIPAL_GONE")],
        ),
        (e.RunResumed(at=AT), []),
    ],
    ids=lambda value: value.kind if isinstance(value, e.RunEvent) else "",
)
def test_what_is_news(event: e.RunEvent, expected: Any) -> None:
    assert noticed(event) == expected


def line(reason: str = "COMPLETED", **facts: Any) -> RunLine:
    usual: dict[str, Any] = {
        "id": "3f",
        "agent": "Refund desk",
        "reason": reason,
        "at": AT,
        "usd": "0.0300",
        "link": "https://console.example/runs/3f/",
    }
    return RunLine(**{**usual, **facts})


@pytest.mark.parametrize("reason", list(StopReason))
def test_every_stop_reason_has_its_title(reason: StopReason) -> None:
    assert line(reason.value).title == EXPLANATIONS[reason].title


@pytest.mark.parametrize("waits", [Waiting.APPROVAL, Waiting.IN_DOUBT])
def test_every_wait_for_a_person_has_its_title(waits: Waiting) -> None:
    assert line(waits.value).title == run_news.WAITS[waits]


def test_a_reason_of_a_later_version_is_no_error() -> None:
    assert line("SOMETHING_NEW").title == "Stopped"


@pytest.mark.parametrize(
    ("news", "lines", "subject"),
    [
        (News.ENDED, [line()], "Refund desk: Completed"),
        (News.WAITING, [line("approval")], "Refund desk needs a person: A call needs approval"),
        (News.ENDED, [line(), line()], "2 runs ended"),
        (News.WAITING, [line("approval"), line("approval")], "2 runs need a person"),
    ],
)
def test_the_subject_says_what_there_is_to_know(
    news: News, lines: list[RunLine], subject: str
) -> None:
    made = notifications.of_runs(news, lines, "https://console.example/")
    assert made.subject == subject
    assert json.loads(made.body)["text"] == subject


def test_all_runs_are_in_the_facts_and_the_first_few_in_the_words() -> None:
    lines = [line(id=str(number), link=f"https://c.example/{number}/") for number in range(12)]
    made = notifications.of_runs(News.ENDED, lines, "https://c.example/")
    body = json.loads(made.body)
    assert [each["id"] for each in body["signalbox"]["runs"]] == [str(n) for n in range(12)]
    assert body["signalbox"]["kind"] == "run.ended"
    assert "and 4 more: https://c.example/" in made.text
    assert made.text.count("/7/") == 1
    assert "/8/" not in made.text


def test_a_program_reads_plain_facts() -> None:
    body = json.loads(notifications.of_runs(News.ENDED, [line(unpriced=True)], "x").body)
    assert body["signalbox"]["runs"] == [
        {
            "id": "3f",
            "agent": "Refund desk",
            "reason": "COMPLETED",
            "title": "Completed",
            "at": "2026-11-20T15:47:00+00:00",
            "usd": "0.0300",
            "usd_unknown": True,
            "link": "https://console.example/runs/3f/",
        }
    ]


def test_an_agents_title_is_no_markup_of_a_chat() -> None:
    made = notifications.of_runs(News.ENDED, [line(agent="<!channel> <x|y>")], "x")
    shown = json.loads(made.body)
    assert "<!channel>" not in shown["text"]
    assert "<!channel>" not in shown["blocks"][0]["text"]["text"]


def test_every_kind_of_news_has_its_words_for_the_admin() -> None:
    assert set(run_news.TITLES) == set(News)
