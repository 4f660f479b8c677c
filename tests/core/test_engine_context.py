"""The planner's window: what is sent, when older steps are summed up, what cannot be sent."""

import pytest

from policies.verdicts import Meaning
from runs.engine import actions, context, limits, machine, outcomes, summary, tokens
from runs.engine import events as e
from runs.engine.context import window
from runs.engine.engine_errors import ContextExhausted, PlannerError, PlannerFault
from runs.engine.fold import folded
from runs.engine.ports import PlannerTurn, Returned, Speaker, ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import Outcome, StopReason, Verdict, Visibility
from tests.core.runs_in_memory import START, calling, created, leased, spec, world


def after(results: list[str], window_tokens: int | None) -> RunState:
    """A run that made one call a step, with these results."""
    state = folded([created(), leased(window=window_tokens)])
    for result in results:
        state = after_one(state, result)
    return state


def after_one(state: RunState, result: str, turn: PlannerTurn | None = None) -> RunState:
    rules = world([]).rules
    plan = actions.Plan(window(RunState()), limits.estimate(RunState()))
    turn = turn or calling("read")
    state = folded(outcomes.after_plan(state, plan, turn, rules, START, 0.1), state)
    back = Returned(Outcome.OK, result)
    meaning = Meaning(Verdict.SUCCEEDED)
    return folded(outcomes.after_call(state, back, meaning, rules, START), state)


def test_a_history_that_fits_is_sent_whole() -> None:
    sent = window(after(["a" * 500, "b" * 500], 100_000), "be good").messages()
    assert [message.role for message in sent] == [
        Speaker.SYSTEM,
        Speaker.USER,
        Speaker.ASSISTANT,
        Speaker.TOOL,
        Speaker.ASSISTANT,
        Speaker.TOOL,
    ]
    assert "b" * 500 in sent[-1].text


def compacted(state: RunState) -> RunState:
    """The run after it has made room, as the engine wants it."""
    effect = machine.next_effect(state, world([]).rules, START)
    assert isinstance(effect, actions.Record)
    assert [event.kind for event in effect.events] == ["context.compacted"]
    return folded(effect.events, state)


def size(state: RunState) -> int:
    return sum(tokens.of_message(message) for message in window(state).messages())


def test_the_oldest_steps_are_summed_up_when_the_window_is_nearly_full() -> None:
    state = after([f"{letter * 3_000} result of {letter}" for letter in "abcdef"], 6_700)
    shorter = compacted(state)
    sent = window(shorter).messages()
    assert [message.role for message in sent[:3]] == [Speaker.USER, Speaker.USER, Speaker.ASSISTANT]
    assert sent[0].text == state.goal
    assert "1. read(" in sent[1].text
    assert sent[-1] == state.history[-1]
    assert sum(tokens.of_message(message) for message in sent) <= 6_700 // 2


def test_what_was_read_is_counted_as_it_is_sent() -> None:
    state = compacted(after(["a" * 3_000] * 6, 6_700))
    assert state.context == size(state)


def test_there_is_a_long_way_from_one_compaction_to_the_next() -> None:
    """So that most requests only add to the one before."""
    state, compactions = after([], 10_000), 0
    for _ in range(60):
        state = after_one(state, "x" * 900)
        if context.folding(state):
            state, compactions = compacted(state), compactions + 1
    assert 2 <= compactions <= 15
    assert "Steps 1 to" in state.summary
    assert size(state) <= 10_000


def test_the_newest_step_is_never_summed_up() -> None:
    state = after(["a" * 3_000] * 5 + ["the newest " + "z" * 9_000], 6_700)
    shorter = compacted(state)
    assert shorter.history[shorter.folded :] == state.history[-2:]


def test_no_call_loses_its_answer() -> None:
    state = compacted(after(["a" * 2_000] * 12, 10_000))
    sent = window(state).messages()
    asked = {call.id for message in sent for call in message.calls}
    answered = {message.call_id for message in sent if message.role is Speaker.TOOL}
    assert asked == answered


def test_the_history_itself_stays_whole() -> None:
    state = after(["a" * 3_000] * 6, 6_700)
    assert compacted(state).history == state.history


def test_a_summary_of_a_summary_tells_of_all_steps() -> None:
    state = compacted(after([f"found item-{number}" + "a" * 9_000 for number in range(6)], 20_000))
    for number in range(6, 12):
        state = after_one(state, f"found item-{number}" + "a" * 9_000)
        if context.folding(state):
            state = compacted(state)
    assert all(f"item-{number}" in str(window(state).messages()) for number in range(12))


def test_a_long_summary_counts_the_oldest_steps_and_keeps_the_values_they_named() -> None:
    state = after([], None)
    for number in range(200):
        call = ToolCall(f"c{number}", "read", {"path": f"files/{number}.txt"})
        state = after_one(state, "something", PlannerTurn(calls=(call,)))
    told = summary.of(state.history, 1_000)
    assert tokens.of_text(told) <= 1_010
    assert "read 1" in told
    assert "files/130.txt" in told
    assert "200. read(" in told


def test_half_a_character_in_a_result_stops_no_summary() -> None:
    state = compacted(after([chr(0xD800) + "a" * 3_000] * 6, 6_700))
    assert state.folded


def test_what_does_not_fit_even_alone_never_reaches_the_provider() -> None:
    state = after(["a" * 30_000], 2_000)
    with pytest.raises(ContextExhausted, match="the last step alone"):
        window(state)
    effect = machine.next_effect(state, world([]).rules, START)
    assert isinstance(effect, actions.Record)
    assert [event.reason for event in effect.events if isinstance(event, e.RunStopped)] == [
        StopReason.CONTEXT_EXHAUSTED
    ]


def test_what_is_hidden_from_all_stays_so_in_the_summary() -> None:
    state = after(["a" * 3_000] * 6, 6_700)
    secret = spec("read", visibility=Visibility.ALWAYS_HIDDEN)
    effect = machine.next_effect(state, world([], secret).rules, START)
    assert isinstance(effect, actions.Record)
    assert effect.events[0].visibility is Visibility.ALWAYS_HIDDEN


@pytest.mark.parametrize(("told", "learned"), [(4_000, 4_000), (None, None)])
def test_a_refusal_for_length_teaches_the_window_and_is_asked_again_with_less(
    told: int | None, learned: int | None
) -> None:
    state = after(["a" * 3_000] * 6, None)
    refusal = PlannerError(PlannerFault.OVERFLOW, "The context is too long.", window=told)
    refused = folded(outcomes.after_plan_failure(state, refusal, START, 0.1), state)
    known = context.known_window(refused)
    assert known is not None
    assert known < state.context + state.max_tokens_out
    assert learned is None or known == learned
    shorter = compacted(refused)
    assert isinstance(machine.next_effect(shorter, world([]).rules, START), actions.Plan)
    assert size(shorter) <= known


def test_a_window_that_the_provider_overstated_is_bounded_by_its_own_refusal() -> None:
    state = after(["a" * 3_000] * 6, 100_000)
    refusal = PlannerError(PlannerFault.OVERFLOW, "The context is too long.", window=100_000)
    refused = folded(outcomes.after_plan_failure(state, refusal, START, 0.1), state)
    assert (context.known_window(refused) or 0) < state.context + state.max_tokens_out


def test_what_was_learned_of_a_window_outlives_the_worker_but_not_the_model() -> None:
    state = after(["a" * 3_000] * 6, None)
    refusal = PlannerError(PlannerFault.OVERFLOW, "Too long.", window=4_000)
    state = folded(outcomes.after_plan_failure(state, refusal, START, 0.1), state)
    assert context.known_window(folded([leased(window=None)], state)) == 4_000
    other = e.RunDowngraded(at=START, planner="other", window=64_000)
    assert context.known_window(folded([other], state)) == 64_000


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
