"""Summaries by a model: how it is asked, what is kept whatever it says, what is done when it says
nothing of use, and what it costs.
"""

from decimal import Decimal

import pytest

from policies.decision import Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import actions, folding, limits, machine, outcomes, summary, tokens
from runs.engine import events as e
from runs.engine.context import Folding, window
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.fold import folded
from runs.engine.ports import PlannerTurn, Returned, Speaker, ToolCall, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, RunStatus, StopReason, Verdict
from tests.core.runs_in_memory import (
    START,
    World,
    answering,
    calling,
    created,
    leased,
    spec,
    world,
)

READ = spec("read", effect=Effect.READ, idempotent=True)
PAY = spec("pay")
GOOD = PlannerTurn(final="The lamp is in box-7.", usage=Usage(500, 40, Decimal("0.02")), model="m")


def house(*turns: PlannerTurn, **facts: object) -> World:
    play = world(turns or (calling("read"),), READ, PAY)
    play.rules.summarising = ""
    for name, value in facts.items():
        setattr(play, name, value)
    return play


def after(results: list[str], window_tokens: int | None, tool: str = "read") -> RunState:
    state = folded([created(), leased(window=window_tokens)])
    return one_more(state, results, tool)


def one_more(state: RunState, results: list[str], tool: str = "read") -> RunState:
    rules = house().rules
    for result in results:
        plan = actions.Plan(window(RunState()), limits.estimate(RunState()))
        turn = outcomes.after_plan(state, plan, calling(tool), rules, START, 0.1)
        state = folded(turn, state)
        back = outcomes.after_call(
            state, Returned(Outcome.OK, result), Meaning(Verdict.SUCCEEDED), rules, START
        )
        state = folded(back, state)
    return state


FULL = ["a" * 3_000] * 6


def wanted(state: RunState, play: World | None = None) -> actions.Summarise:
    found = machine.next_effect(state, (play or house()).rules, START)
    assert isinstance(found, actions.Summarise)
    return found


def summed_up(state: RunState, said: PlannerTurn | PlannerError) -> e.ContextCompacted:
    rules = house().rules
    [made] = folding.after_summary(state, wanted(state).folding, said, rules, START, 0.5)
    assert isinstance(made, e.ContextCompacted)
    return made


def test_a_model_is_asked_before_steps_are_folded_and_its_words_stand_for_them() -> None:
    state = after(FULL, 6_700)
    made = summed_up(state, GOOD)
    assert (made.by, made.model, made.why) == ("model", "m", "")
    after_it = folded([made], state)
    assert "The lamp is in box-7." in str(window(after_it).messages())
    assert isinstance(machine.next_effect(after_it, house().rules, START), actions.Plan)


def test_what_it_cost_counts_like_any_other_call() -> None:
    state = after(FULL, 6_700)
    paid = folded([summed_up(state, GOOD)], state)
    assert paid.usd == state.usd + Decimal("0.02")
    assert (paid.tokens_in, paid.tokens_out) == (state.tokens_in + 500, state.tokens_out + 40)
    assert paid.step == state.step


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (PlannerError(PlannerFault.TRANSIENT, "hiccup"), "hiccup"),
        (calling("read"), folding.NO_WORDS),
        (PlannerTurn(final="   "), folding.NO_WORDS),
        (PlannerTurn(final="word " * 5_000), folding.TOO_LONG),
    ],
)
def test_a_failed_or_empty_or_too_long_summary_gives_way_to_lines_and_says_why(
    said: PlannerTurn | PlannerError, why: str
) -> None:
    state = after(FULL, 6_700)
    made = summed_up(state, said)
    assert (made.by, made.why) == ("digest", why)
    assert "1. read(" in made.summary


def test_a_useless_summary_is_paid_for_all_the_same() -> None:
    state = after(FULL, 6_700)
    asked = calling("read", cost="0.5")
    assert folded([summed_up(state, asked)], state).usd == state.usd + Decimal("0.5")


def test_nobody_knows_what_one_cost_that_a_kill_cut_off() -> None:
    state = after(FULL, 6_700)
    cut_off = PlannerError(PlannerFault.CANCELLED, "The call was cancelled.")
    assert folded([summed_up(state, cut_off)], state).usd_unknown


def test_lines_that_were_made_without_a_model_cost_nothing_and_their_price_is_known() -> None:
    state = after(FULL, 6_700)
    effect = machine.next_effect(state, world([], READ).rules, START)
    assert isinstance(effect, actions.Record)
    after_it = folded(effect.events, state)
    assert after_it.usd == state.usd
    assert not after_it.usd_unknown


def test_the_question_is_the_last_request_and_more_so_that_a_provider_s_cache_is_of_use() -> None:
    state = one_more(after([], 10_000), ["a" * 2_000] * 9)
    last = window(state, "be good").messages()
    state = one_more(state, ["the newest " + "z" * 9_000])
    asked = summary.question(state, "be good", wanted(state).folding, 10_000)
    assert asked is not None
    assert [*asked[: len(last)]] == [*last]
    assert "Sum up" in asked[-1].text


def test_what_the_planner_has_not_read_is_not_part_of_the_question() -> None:
    state = after([*FULL, "the newest"], 6_700)
    asked = summary.question(state, "", wanted(state).folding, 6_700)
    assert "the newest" not in str(asked)
    assert "the newest" in window(folded([summed_up(state, GOOD)], state)).messages()[-1].text


def test_each_call_in_the_question_has_its_answer() -> None:
    state = after(FULL, 6_700)
    asked = summary.question(state, "", wanted(state).folding, 6_700) or ()
    calls = [call.id for message in asked for call in message.calls]
    answers = [message.call_id for message in asked if message.role is Speaker.TOOL]
    assert calls == answers


def test_the_question_is_cut_until_it_fits_and_no_result_is_torn_in_its_last_line() -> None:
    state = after(["a" * 9_000] * 8, None)
    folding_of_it = Folding(len(state.history) - 2, 300)
    asked = summary.question(state, "", folding_of_it, 6_000) or ()
    assert sum(map(tokens.of_message, asked)) <= 6_000
    results = [message.text for message in asked if message.role is Speaker.TOOL]
    assert not any("left]" in text for text in results)


def test_what_no_cut_makes_fit_is_not_asked() -> None:
    state = after(["a" * 300] * 60, None)
    assert summary.question(state, "", Folding(20, 300), 1_000) is None


def test_a_run_that_may_take_no_further_step_buys_no_summary() -> None:
    state = after(FULL, 6_700)
    play = house()
    poor = folded([created(usd="0.06"), leased(window=6_700)])
    poor = one_more(poor, FULL)
    assert isinstance(machine.next_effect(state, play.rules, START), actions.Summarise)
    found = machine.next_effect(poor, play.rules, START)
    assert isinstance(found, actions.Record)
    ended = machine.next_effect(folded(found.events, poor), play.rules, START)
    assert isinstance(ended, actions.Record)
    assert [each.reason for each in ended.events if isinstance(each, e.RunStopped)] == [
        StopReason.BUDGET_EXCEEDED
    ]


def test_what_was_done_in_the_world_is_kept_whatever_the_model_says() -> None:
    state = one_more(after(["paid order-1042"], 6_700, tool="pay"), FULL)
    made = summed_up(state, PlannerTurn(final="Nothing happened.", model="m"))
    assert "Done, and not to be done again:\n1. pay(" in made.summary


def test_a_refused_call_is_not_told_as_done() -> None:
    play = house()
    play.rules.refused["pay"] = Decision(DecisionKind.DENY, sentence="not today")
    state = after([], 6_700)
    plan = actions.Plan(window(RunState()), limits.estimate(RunState()))
    turn = outcomes.after_plan(state, plan, calling("pay"), play.rules, START, 0.1)
    state = one_more(folded(turn, state), FULL)
    assert "not to be done again" not in summed_up(state, GOOD).summary


def test_ids_and_the_supervisor_s_words_are_kept_whatever_the_model_says() -> None:
    state = after([], 6_700)
    rules = house().rules
    plan = actions.Plan(window(RunState()), limits.estimate(RunState()))
    turn = PlannerTurn(calls=(ToolCall("c", "read", {"order": "order-1042"}),))
    state = folded(outcomes.after_plan(state, plan, turn, rules, START, 0.1), state)
    state = one_more(
        folded(
            outcomes.after_call(
                state, Returned(Outcome.OK, "x"), Meaning(Verdict.SUCCEEDED), rules, START
            ),
            state,
        ),
        [],
    )
    state = folded([e.HintGiven(at=START, step=1, text="Not met: an e-mail was sent.")], state)
    made = summed_up(one_more(state, FULL), GOOD)
    assert "order-1042" in made.summary
    assert "You were told: Not met: an e-mail was sent." in made.summary


@pytest.mark.parametrize("letter", ["a", "ü", "漢"])
def test_a_summary_never_takes_more_room_than_it_is_given(letter: str) -> None:
    state = one_more(after([letter * 3_000] * 5, 12_000, tool="pay"), [letter * 9_000] * 3)
    for most in (0, 40, 60, 100, 250, 700):
        made = summary.of(state.history, most, acts=["pay"], recall=True, said=letter * 4_000)
        assert not made or tokens.of_text(made) <= most


def test_a_worker_that_is_lost_while_it_asks_changes_nothing() -> None:
    moments: list[str] = []

    def dies(moment: str) -> bool:
        moments.append(moment)
        return moment == "summing up" and moments.count(moment) == 1

    long = PlannerTurn(thought="y" * 900, calls=(ToolCall("ref", "read", {}),))
    play = house(*[long] * 9, answering(), dies=dies, summary=GOOD)
    taught = e.PlanFailed(
        at=START,
        step=1,
        fault=PlannerFault.OVERFLOW,
        message="too long",
        retry_at=START,
        window=1_500,
    )
    play.journal = [created(), leased(), taught]
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    made = [each for each in play.journal if isinstance(each, e.ContextCompacted)]
    assert made
    assert moments.count("summing up") == len(made) + 1
    assert folded(play.journal) == end
