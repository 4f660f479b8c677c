"""The planner's window: what is sent, what is shortened first, what cannot be sent."""

import pytest

from policies.verdicts import Meaning
from runs.engine import effects, limits, machine, outcomes, tokens
from runs.engine import events as e
from runs.engine.context import window
from runs.engine.errors import ContextExhausted
from runs.engine.fold import folded
from runs.engine.ports import Returned, Role
from runs.engine.state import State
from runs.engine.vocabulary import Outcome, StopReason, Verdict
from tests.core.runs_in_memory import START, calling, created, leased, world


def after(results: list[str], window_tokens: int | None) -> State:
    """A run that made one call a step, with these results."""
    play = world([calling("read")])
    state = folded([created(), leased(window=window_tokens)])
    for result in results:
        plan = effects.Plan(window(State()), limits.estimate(State()))
        state = folded(
            outcomes.after_plan(state, plan, calling("read"), play.rules, START, 0.1), state
        )
        state = folded(
            outcomes.after_call(
                state, Returned(Outcome.OK, result), Meaning(Verdict.SUCCEEDED), play.rules, START
            ),
            state,
        )
    return state


def test_a_history_that_fits_is_sent_whole() -> None:
    sent = window(after(["a" * 500, "b" * 500], 100_000), "be good").messages()
    assert [message.role for message in sent] == [
        Role.SYSTEM,
        Role.USER,
        Role.ASSISTANT,
        Role.TOOL,
        Role.ASSISTANT,
        Role.TOOL,
    ]
    assert "b" * 500 in sent[-1].text


def test_the_oldest_results_are_shortened_first() -> None:
    state = after(["a" * 3_000, "b" * 3_000, "c" * 3_000], 2_900)
    cut = window(state)
    texts = [message.text for message in cut.messages() if message.role is Role.TOOL]
    assert cut.results >= 1
    assert "characters left out" in texts[0]
    assert "c" * 3_000 in texts[-1]
    assert (
        sum(tokens.of_message(message) for message in cut.messages())
        <= 2_900 - state.max_tokens_out
    )


def test_what_does_not_fit_even_shortened_never_reaches_the_provider() -> None:
    state = after(["a" * 3_000] * 30, 2_000)
    with pytest.raises(ContextExhausted):
        window(state)
    effect = machine.next_effect(state, world([]).rules, START)
    assert isinstance(effect, effects.Record)
    assert [event.reason for event in effect.events if isinstance(event, e.RunStopped)] == [
        StopReason.CONTEXT_EXHAUSTED
    ]


def test_shortening_is_recorded_once() -> None:
    play = world([calling("read")])
    state = after(["a" * 3_000, "b" * 3_000, "c" * 3_000], 2_900)
    plan = machine.next_effect(state, play.rules, START)
    assert isinstance(plan, effects.Plan)
    events = outcomes.after_plan(state, plan, calling("read"), play.rules, START, 0.1)
    assert events[0].kind == "context.shortened"
    again = window(folded(events, state))
    assert again.results >= plan.window.results


def test_a_provider_that_counts_more_tokens_makes_the_estimate_grow() -> None:
    assert tokens.calibrated(200, 100) == 2.0
    assert tokens.calibrated(0, 100) == 1.0
    assert tokens.calibrated(10_000, 100) == 3.0


def test_a_spilled_result_reads_as_head_and_tail() -> None:
    text = tokens.result_text(
        {"$spilled": {"head": "begin", "tail": "end", "size": 50_000_000}}, "", "[runway]"
    )
    assert text == "begin\n[… 50,000,000 bytes in all …]\nend\n[runway]"


def test_a_long_result_is_cut_and_says_so() -> None:
    text = tokens.result_text("x" * 100_000, "", "")
    assert len(text) < 25_000
    assert "76,000 characters left out" in text
