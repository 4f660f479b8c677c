"""Scripts: what they say, what they refer to, and how they are wrong."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from runs import planners
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import ContextMessage, PlannerTurn, PlanRequest, Speaker, Usage
from runs.engine.stop_reasons import OF_A_SCRIPT
from runs.planners import script_text
from runs.planners.script import EXAMPLE
from runs.planners.scripted import OVER, ScriptedPlanner

GOT_ORDER = ContextMessage(
    Speaker.TOOL,
    '{"lines": [{"price": 12.5}], "order": 77}\n[step 1/50 · $0.00 of $2.00 · 49 steps left]',
    tool="get_order",
)
GOT_REFUND = ContextMessage(Speaker.TOOL, '{"amount": 12.5}', tool="refund")
REFUSED = ContextMessage(Speaker.TOOL, "Refused: it is above the cap.", tool="refund")


@dataclass
class Told:
    """A context that counts how often it was asked for."""

    history: Sequence[ContextMessage] = ()
    asked: int = field(default=0)

    def messages(self) -> Sequence[ContextMessage]:
        self.asked += 1
        return self.history


def request(
    step: int = 1,
    *history: ContextMessage,
    goal: str = "Refund order 77, please",
    attempt: int = 0,
    seed: int = 5,
) -> PlanRequest:
    return PlanRequest(
        "run-1", step, goal, seed, "correlation", Told(history), (), 500, None, attempt
    )


def decide(script: str, asked: PlanRequest) -> PlannerTurn:
    return asyncio.run(ScriptedPlanner(script_text.parse(script)).decide(asked))


def step(**lines: str) -> str:
    return "[[step]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


def test_the_example_of_the_format_plays_to_its_end() -> None:
    script = EXAMPLE.replace("delay = [0.2, 0.8]", "delay = 0")
    history = (GOT_ORDER, GOT_REFUND)
    played = [decide(script, request(number, *history, attempt=2)) for number in range(1, 8)]
    assert [call.tool for each in played for call in each.calls] == [
        "get_order",
        *["search"] * 6,
        "refund",
    ]
    assert played[0].calls[0].args == {"order": 77}
    assert [each.calls[0].args for each in played[1:4]] == [
        {"query": word, "page": n} for n, word in enumerate(["tides", "locks", "tides"], 1)
    ]
    assert played[4].calls[0].args == {"order": 77, "amount": 12.5}
    assert played[5].final == "Paid back 12.5."
    assert played[6].final == OVER


def test_usage_is_what_the_script_says_or_follows_from_its_prices() -> None:
    assert decide(
        step(final="'x'", tokens_in="900", tokens_out="60", usd="0.002"), request()
    ).usage == Usage(900, 60, Decimal("0.002"))
    priced = "price_in = 0.15\nprice_out = 0.6\n" + step(
        final="'x'", tokens_in="1000", tokens_out="1000"
    )
    assert decide(priced, request()).usage.usd == Decimal("0.00075")
    assert decide(step(final="'x'"), request()).usage == Usage(0, 0, Decimal(0))


def test_an_unknown_price_is_not_zero() -> None:
    assert decide(step(final="'x'", tokens_in="9", usd="'unknown'"), request()).usage.usd is None
    assert (
        ScriptedPlanner(script_text.parse("price_in = 'unknown'\n" + step(final="'x'"))).price(
            1000, 0
        )
        is None
    )


def test_a_script_without_references_to_results_never_asks_for_the_context() -> None:
    asked = request(700, GOT_ORDER)
    decide(
        step(
            repeat="1000",
            call="{ tool = 'search', args = { page = '{{n}}', order = '{{goal.order | 1}}' } }",
        ),
        asked,
    )
    assert isinstance(asked.context, Told)
    assert asked.context.asked == 0


def test_the_same_run_and_step_fall_the_same_and_another_run_falls_otherwise() -> None:
    script = f"lists = {{ words = {list('abcdefghijklmnopqrstuvwxyz')} }}\n" + step(
        repeat="20", final="'{{pick.words}}'"
    )
    once, again, other = (
        [decide(script, request(number, seed=seed)).final for number in range(1, 21)]
        for seed in (1, 1, 2)
    )
    assert once == again != other


def test_a_goal_that_is_json_gives_its_own_fields() -> None:
    assert decide(
        step(call="{ tool = 't', args = { limit = '{{goal.limit}}' } }"),
        request(goal='{"limit": 40}'),
    ).calls[0].args == {"limit": 40}


def test_a_reference_keeps_its_type_when_alone_and_becomes_words_in_a_sentence() -> None:
    script = step(
        call=(
            "{ tool = 't', args = { all = '{{get_order.lines}}', text = 'order"
            " {{get_order.order}}!' } }"
        )
    )
    assert decide(script, request(1, GOT_ORDER)).calls[0].args == {
        "all": [{"price": 12.5}],
        "text": "order 77!",
    }


def test_the_latest_good_result_of_a_tool_is_the_one_referred_to() -> None:
    later = replace(GOT_REFUND, text='{"amount": 3}')
    assert (
        decide(step(final="'{{refund.amount}}'"), request(1, GOT_REFUND, later, REFUSED)).final
        == "3"
    )


def test_a_tool_with_dots_in_its_name_can_be_referred_to() -> None:
    told = ContextMessage(Speaker.TOOL, '{"now": "noon"}', tool="time.get_time")
    assert decide(step(final="'{{time.get_time.now}}'"), request(1, told)).final == "noon"


def test_a_reference_to_nothing_takes_its_default_or_is_fatal_with_its_line() -> None:
    assert decide(step(final="'{{get_order.total | nothing}}'"), request()).final == "nothing"
    with pytest.raises(PlannerError, match=r"line 1 refers to \{\{get_order.total\}\}") as caught:
        decide(step(final="'{{get_order.total}}'"), request())
    assert caught.value.fault is PlannerFault.FATAL


def test_a_reference_to_what_a_failed_call_would_have_given_names_the_call_and_its_failure() -> (
    None
):
    late = ContextMessage(Speaker.TOOL, "Error: No answer within 10 s.", tool="get_order")
    told = r"\{\{get_order.total\}\}, and get_order gave none: Error: No answer within 10 s\.$"
    with pytest.raises(PlannerError, match=told) as caught:
        decide(step(final="'{{get_order.total}}'"), request(1, late, GOT_REFUND))
    assert caught.value.message.startswith(OF_A_SCRIPT)


def test_a_reference_that_is_no_number_is_fatal_when_a_number_is_asked_for() -> None:
    with pytest.raises(PlannerError, match="as a number, and it is 'many'"):
        decide(step(final="'{{goal.n:number|many}}'"), request())


def test_another_act_is_played_after_a_failed_or_refused_call() -> None:
    script = step(final="'Done.'", on_failure="{ final = 'It was refused.' }")
    assert decide(script, request(1, GOT_REFUND)).final == "Done."
    assert decide(script, request(1, GOT_REFUND, REFUSED)).final == "It was refused."


def test_a_fault_strikes_as_often_as_it_says_and_then_the_step_is_played() -> None:
    script = step(
        fault="'rate_limited'",
        times="2",
        retry_after="1.5",
        message="'Slow down.'",
        final="'At last.'",
    )
    for attempt in (0, 1):
        with pytest.raises(PlannerError, match=r"Slow down\.") as caught:
            decide(script, request(attempt=attempt))
        assert (caught.value.fault, caught.value.retry_after) == (PlannerFault.RATE_LIMITED, 1.5)
    assert decide(script, request(attempt=2)).final == "At last."


def test_a_fault_with_nothing_after_it_strikes_for_ever() -> None:
    with pytest.raises(PlannerError):
        decide(step(fault="'fatal'"), request(attempt=99))


def test_an_unusable_answer_says_what_it_cost() -> None:
    with pytest.raises(PlannerError) as caught:
        decide(step(fault="'malformed'", tokens_in="10", tokens_out="3", usd="0.1"), request())
    assert caught.value.usage == Usage(10, 3, Decimal("0.1"))


def test_arguments_that_are_no_object_are_passed_on_as_text() -> None:
    assert (
        decide(step(call="""{ tool = 't', args = '{"id"' }"""), request()).calls[0].args == '{"id"'
    )


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "at least one [[step]]"),
        ("model = 3\n" + step(final="'x'"), 1, "model must be a text, not 3"),
        ("window = -1\n" + step(final="'x'"), 1, "window must be a whole number"),
        ("pattern = '('\n" + step(final="'x'"), 1, "pattern cannot be used"),
        (
            step(final="'x'") + "\n" + step(thought="'hm'"),
            4,
            "needs a call, a final answer or a fault",
        ),
        (step(final="'x'") + step(thought="'hm'", final="1"), 5, "final must be a text, not 1"),
        (step(final="'x'", foo="1"), 3, "'foo' means nothing here"),
        (step(final="'x'", repeat="0"), 3, "repeat must be at least 1"),
        (step(final="'x'", times="2"), 3, "times belongs to a fault"),
        (step(fault="'tired'"), 2, "fault must be one of transient"),
        (step(final="'x'", usd="true"), 3, "usd must be USD"),
        (step(final="'x'", delay="[3, 1]"), 3, "the lesser first"),
        (step(call="{ args = {} }"), 2, "a call has a tool"),
        (step(final="'{{each.topics}}'"), 2, "names no list"),
        (step(final="'{{goal.x:money}}'"), 2, "asks for 'money'"),
        (step(thought="'x'", final="'{{a'"), 3, "braces that are no reference"),
        ("[[step]]\nfinal = \n", 2, "Invalid value"),
    ],
)
def test_a_script_that_cannot_be_read_names_line_and_reason(
    text: str, line: int, reason: str
) -> None:
    with pytest.raises(script_text.ScriptError) as caught:
        script_text.parse(text)
    assert caught.value.line == line
    assert reason in caught.value.reason


def test_a_broken_script_is_a_problem_before_the_run_starts() -> None:
    assert planners.problem({"planner": "scripted", "script": step(final="'x'")}) is None
    assert (
        planners.problem({"planner": "scripted", "script": "[[step]]\nfinal = 3"})
        == "The agent's script cannot be read: line 2: final must be a text, not 3."
    )
