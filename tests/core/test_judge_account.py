"""The account a judge is given: the last steps, short, in order, with what each wanted, called and
was told.
"""

import json

from runs.engine.ports import ContextMessage, Speaker, ToolCall
from runs.supervision import account


def step(number: int, *tools: str, answer: str = "fine") -> list[ContextMessage]:
    calls = tuple(
        ToolCall(f"{number}-{place}", tool, {"n": place}) for place, tool in enumerate(tools)
    )
    answers = [
        ContextMessage(Speaker.TOOL, answer, call_id=call.id, tool=call.tool) for call in calls
    ]
    return [ContextMessage(Speaker.ASSISTANT, f"thought {number}", calls=calls), *answers]


def history(*steps: list[ContextMessage]) -> list[ContextMessage]:
    return [message for each in steps for message in each]


def test_the_last_steps_are_told_in_order_with_their_numbers() -> None:
    told = account.steps(history(*(step(number, "look") for number in range(1, 8))), 7, 3)
    assert [each["step"] for each in told] == [5, 6, 7]
    assert told[0]["said"] == "thought 5"
    assert told[0]["calls"] == [{"tool": "look", "arguments": '{"n": 0}', "answer": "fine"}]


def test_a_hint_is_told_with_the_step_it_followed() -> None:
    hinted = [*step(1, "look"), ContextMessage(Speaker.USER, "[Supervisor: again.]")]
    [first, second] = account.steps(history(hinted, step(2, "look")), 2, 5)
    assert first["was_told"] == ["[Supervisor: again.]"]
    assert "was_told" not in second


def test_a_step_with_many_calls_tells_some_and_counts_the_rest() -> None:
    [told] = account.steps(step(1, *["look"] * 20), 1, 1)
    assert (len(told["calls"]), told["more_calls"]) == (account.CALLS, 20 - account.CALLS)


def test_a_call_without_an_answer_says_so() -> None:
    waiting = ContextMessage(Speaker.ASSISTANT, "", calls=(ToolCall("1", "look", "no json"),))
    [told] = account.steps([waiting], 1, 1)
    assert told["calls"] == [{"tool": "look", "arguments": "no json", "answer": "none yet"}]


def test_however_long_the_steps_the_account_stays_compact_and_keeps_the_newest() -> None:
    long = [step(number, *["look"] * 6, answer="word " * 5_000) for number in range(1, 101)]
    told = account.steps(history(*long), 100, 100)
    assert told[-1]["step"] == 100
    assert len(json.dumps(told)) < account.WHOLE * 1.2
    assert 1 < len(told) < 100
