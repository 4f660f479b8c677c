"""What the engine counts with: limits and runway, tokens, ids, its clock, its history."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from runs.engine import events as e
from runs.engine import (
    ids,
    limits,
    running_clock,
    tokens,
)
from runs.engine.history import NOTHING, History
from runs.engine.limits import Estimate
from runs.engine.ports import ContextMessage, Speaker, ToolCall
from runs.engine.state import RunLimits, RunState
from runs.engine.vocabulary import RunStatus, Waiting
from tests.core.runs_in_memory import START, leased, told


def after(seconds: float) -> Any:
    return START + timedelta(seconds=seconds)


class TestAnEstimate:
    priced = RunState(
        context=1_000, scale=1.5, max_tokens_out=200, price_in=Decimal(2), price_out=Decimal(10)
    )

    def test_is_by_the_price_list_of_what_is_sent_and_answered(self) -> None:
        assert limits.estimate(self.priced) == Estimate(1_500, 200, Decimal("0.005"))
        assert limits.estimate(self.priced).tokens == 1_700

    def test_is_no_less_than_the_most_expensive_call_so_far(self) -> None:
        dear = replace(self.priced, max_call_cost=Decimal("0.006"))
        assert limits.estimate(dear).usd == Decimal("0.006")
        cheap = replace(self.priced, max_call_cost=Decimal("0.004"))
        assert limits.estimate(cheap).usd == Decimal("0.005")

    @pytest.mark.parametrize(
        "unpriced", [replace(priced, price_in=None), replace(priced, price_out=None)]
    )
    def test_without_a_price_is_what_calls_have_cost_or_unknown(self, unpriced: RunState) -> None:
        assert limits.estimate(unpriced).usd is None
        seen = replace(unpriced, max_call_cost=Decimal("0.4"))
        assert limits.estimate(seen).usd == Decimal("0.4")

    def test_sends_no_more_than_the_model_takes(self) -> None:
        assert limits.estimate(replace(self.priced, window=900)).tokens_in == 900


def stopped(limit: str, sentence: str, reason: StopReason = StopReason.BUDGET_EXCEEDED) -> Decision:
    facts = {"limit": limit}
    return Decision(DecisionKind.STOP, f"run-limit-{limit}", 0, sentence, facts, reason)


class TestALimit:
    state = RunState(
        limits=RunLimits(3, 1_000, Decimal(1), 60), step=2, tokens_in=300, tokens_out=200,
        usd=Decimal("0.5"), max_tokens_out=100, context=400, price_in=Decimal(1_000),
        price_out=Decimal(1_000), clock_since=START,
    )  # fmt: skip

    def test_that_is_just_reached_by_the_next_call_is_kept(self) -> None:
        assert limits.may_plan(self.state, after(59)) == ALLOWED

    @pytest.mark.parametrize(
        ("changes", "decision"),
        [
            ({"step": 3}, stopped("steps", "3 of 3 steps are used.")),
            (
                {"tokens_in": 301, "usd": Decimal(0)},
                stopped("tokens", "501 of 1,000 tokens are used; the next call could take 500."),
            ),
            (
                {"usd": Decimal("0.5001")},
                stopped("usd", "$0.5001 of $1.00 are spent; the next call could cost $0.5000."),
            ),
        ],
    )
    def test_that_the_next_call_could_break_ends_the_run(
        self, changes: dict[str, Any], decision: Decision
    ) -> None:
        assert limits.may_plan(replace(self.state, **changes), after(59)) == decision

    @pytest.mark.parametrize(
        ("step", "sentence"),
        [
            (2, "1 min limit reached after step 2."),
            (0, "1 min limit reached before its first step."),
        ],
    )
    def test_of_time_ends_the_run_at_its_very_moment(self, step: int, sentence: str) -> None:
        state = replace(self.state, step=step)
        assert limits.in_time(state, after(59.999)) == ALLOWED
        late = stopped("deadline", sentence, StopReason.TIMEOUT)
        assert limits.in_time(state, after(60)) == late
        assert limits.may_plan(state, after(60)) == late

    def test_of_time_stands_while_the_clock_does(self) -> None:
        assert limits.in_time(replace(self.state, clock_since=None), after(10_000)) == ALLOWED

    def test_of_money_holds_nobody_whose_price_is_unknown(self) -> None:
        unpriced = replace(self.state, price_in=None, usd=Decimal(99))
        assert limits.may_plan(unpriced, after(59)) == ALLOWED

    def test_holds_a_judge_but_for_its_steps(self) -> None:
        used = replace(self.state, step=3)
        assert limits.fits(used, Estimate(400, 100, Decimal("0.5"), 0), after(59)) == ALLOWED
        assert limits.fits(used, Estimate(400, 101, None, 0), after(59)).facts == {
            "limit": "tokens"
        }

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({}, "[step 2/3 · $0.50 of $1.00 · 500 tokens left · 1 step left]"),
            ({"step": 1}, "[step 1/3 · $0.50 of $1.00 · 500 tokens left · 2 steps left]"),
            ({"price_in": None}, "[step 2/3 · $0.50 of $1.00 · 500 tokens left · 1 step left]"),
            (
                {"price_in": None, "usd": Decimal(0)},
                "[step 2/3 · 500 tokens left · 1 step left]",
            ),
            (
                {"step": 9, "tokens_in": 799},
                "[step 9/3 · $0.50 of $1.00 · 1 token left · 0 steps left]",
            ),
            (
                {"tokens_in": 5_000},
                "[step 2/3 · $0.50 of $1.00 · 0 tokens left · 1 step left]",
            ),
        ],
    )
    def test_leaves_a_runway_that_the_planner_reads(
        self, changes: dict[str, Any], line: str
    ) -> None:
        assert limits.runway(replace(self.state, **changes)) == line


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "count"), [("", 8), ("ab", 8), ("abc", 9), ("é", 8), ("éé", 9), ("x" * 300, 108)]
    )
    def test_of_a_text_are_a_third_of_its_bytes_and_what_a_message_costs(
        self, text: str, count: int
    ) -> None:
        assert tokens.of_text(text) == count

    def test_of_a_message_are_those_of_its_calls_as_well(self) -> None:
        calls = (ToolCall("a", "find", {"q": 1}), ToolCall("b", "x", "raw text"))
        message = ContextMessage(Speaker.ASSISTANT, "abc", calls)
        parts = ["abc", "find", '{"q": 1}', "x", "raw text"]
        assert tokens.of_message(message) == sum(map(tokens.of_text, parts))

    @pytest.mark.parametrize(
        ("reported", "estimated", "scale"),
        [
            (100, 100, 1.0),
            (150, 100, 1.5),
            (10, 100, 0.3),
            (900, 100, 3.0),
            (0, 100, 1.0),
            (100, 0, 1.0),
        ],
    )
    def test_are_calibrated_by_what_a_provider_counted(
        self, reported: int, estimated: int, scale: float
    ) -> None:
        assert tokens.calibrated(reported, estimated) == scale

    @pytest.mark.parametrize(
        ("most", "text"),
        [
            (10, "0123456789"),
            (8, "012345\n[… 2 characters left out …]\n89"),
            (4, "012\n[… 6 characters left out …]\n9"),
            (3, "01\n[… 8 characters left out …]\n"),
            (0, "\n[… 10 characters left out …]\n"),
        ],
    )
    def test_left_out_of_a_long_text_are_counted(self, most: int, text: str) -> None:
        assert tokens.cut("0123456789", most) == text

    @given(st.text(st.characters(exclude_characters="[]"), max_size=60), st.integers(0, 70))
    def test_kept_of_a_text_are_its_head_and_its_tail(self, text: str, most: int) -> None:
        kept = tokens.cut(text, most)
        if len(text) <= most:
            assert kept == text
        else:
            head, said, tail = (
                kept.split("\n[… ")[0],
                "characters left out",
                kept.split(" …]\n")[-1],
            )
            assert said in kept
            assert text.startswith(head)
            assert text.endswith(tail)
            assert len(head) + len(tail) <= most

    @pytest.mark.parametrize(
        ("most", "kept"),
        [(9, "0123456789"[:0]), (10, "01 …"), (11, "01234 …"), (12, "0123456789")],
    )
    def test_of_a_beginning_are_marked_where_it_is_cut(self, most: int, kept: str) -> None:
        assert tokens.beginning("0123456789", most) == kept

    def test_of_a_beginning_end_with_whole_characters(self) -> None:
        assert tokens.beginning("éééééééé", 11) == "éé …"

    @pytest.mark.parametrize(
        ("result", "error", "runway", "text"),
        [
            ({"a": 1}, "", "[left]", '{"a": 1}\n[left]'),
            ("plain", "", "", "plain"),
            (None, "it broke", "[left]", "Error: it broke\n[left]"),
            ({"a": 1}, "it broke", "", "Error: it broke"),
            (
                {"$spilled": {"head": "a", "tail": "z", "size": 12_345}}, "", "[left]",
                "a\n[… 12,345 bytes in all …]\nz\n[left]",
            ),
            ({"$spilled": {}}, "", "", '{"$spilled": {}}'),
        ],
    )  # fmt: skip
    def test_of_a_result_are_what_the_planner_reads_of_it(
        self, result: Any, error: str, runway: str, text: str
    ) -> None:
        assert tokens.result_text(result, error, runway) == text


class TestIds:
    def test_are_made_of_the_step_and_the_place(self) -> None:
        assert ids.call_id(3, 2) == "3.2"
        first, second = (ToolCall(name, "x", {}) for name in "ab")
        assert ids.named([first, second], 3) == {"3.1": first, "3.2": second}
        assert ids.named([first, second], 3, before=4) == {"3.5": first, "3.6": second}
        assert list(ids.named([first] * 12, 1)) == [f"1.{place}" for place in range(1, 10)]

    def test_of_a_call_and_of_its_undo_are_keys_of_their_own(self) -> None:
        keys = {ids.idempotency_key("r", "1.1"), ids.undo_key("r", "1.1")}
        assert keys == {"r:1.1", "r:1.1:undo"}

    def test_of_a_span_are_sixteen_digits_that_are_the_same_everywhere(self) -> None:
        assert ids.span_id("r", "1.1") == ids.span_id("r", "1.1") != ids.span_id("r", "1.2")
        assert len(ids.span_id("r", "1.1")) == 16
        assert int(ids.span_id("r", "1.1"), 16)

    @given(st.integers(0, 2**32), st.integers(0, 100), st.integers(0, 100))
    def test_of_dice_fall_the_same_when_they_are_thrown_again(
        self, seed: int, step: int, throw: int
    ) -> None:
        assert 0 <= ids.dice(seed, step, throw) < 1
        assert ids.dice(seed, step, throw) == ids.dice(seed, step, throw)
        assert ids.dice(seed, step, throw) != ids.dice(seed + 1, step, throw)


class TestTheClock:
    @pytest.mark.parametrize(
        ("status", "waiting", "runs"),
        [
            (RunStatus.RUNNING, None, True),
            (RunStatus.WAITING, Waiting.BACKOFF, True),
            (RunStatus.WAITING, Waiting.APPROVAL, False),
            (RunStatus.WAITING, None, False),
            (RunStatus.QUEUED, None, False),
            (RunStatus.PAUSED, None, False),
            (RunStatus.COMPENSATING, Waiting.BACKOFF, False),
            (RunStatus.STOPPED, None, False),
        ],
    )
    def test_runs_while_it_is_worked_on_and_while_it_backs_off(
        self, status: RunStatus, waiting: Waiting | None, runs: bool
    ) -> None:
        assert running_clock.runs(status, waiting) is runs

    def test_adds_the_time_since_it_was_started(self) -> None:
        state = RunState(active=timedelta(seconds=5), clock_since=START)
        assert running_clock.spent(state, after(7)) == timedelta(seconds=12)
        assert running_clock.spent(state, after(-7)) == timedelta(seconds=5)
        assert running_clock.spent(RunState(active=timedelta(seconds=5)), after(7)).seconds == 5

    def test_is_not_touched_by_an_event_that_changes_nothing_of_it(self) -> None:
        going = RunState(status=RunStatus.RUNNING, clock_since=START)
        hint = e.HintGiven(at=after(9), step=1, text="x")
        assert running_clock.moved(going, hint, ticking=True) == {"seen_at": after(9)}
        assert running_clock.moved(going, e.PauseRequested(at=after(9)), ticking=True) == {}

    def test_is_stopped_with_what_it_counted(self) -> None:
        going = RunState(status=RunStatus.RUNNING, clock_since=START, active=timedelta(seconds=1))
        paused = e.RunPaused(at=after(9))
        assert running_clock.moved(going, paused, ticking=False) == {
            "seen_at": after(9), "active": timedelta(seconds=10), "clock_since": None
        }  # fmt: skip

    def test_of_a_lost_worker_ran_until_its_last_event(self) -> None:
        going = RunState(status=RunStatus.RUNNING, clock_since=START, seen_at=after(4))
        assert running_clock.moved(going, leased(2, after(90)), ticking=True) == {
            "seen_at": after(90), "active": timedelta(seconds=4), "clock_since": after(90)
        }  # fmt: skip

    def test_of_a_backoff_ran_no_longer_than_that_was_to_be(self) -> None:
        off = RunState(
            status=RunStatus.WAITING,
            waiting_for=Waiting.BACKOFF,
            clock_since=START,
            wake_at=after(30),
        )
        early = running_clock.moved(off, leased(2, after(20)), ticking=True)
        assert early["active"] == timedelta(seconds=20)
        late = running_clock.moved(off, leased(2, after(900)), ticking=True)
        assert late["active"] == timedelta(seconds=30)

    def test_has_a_deadline_while_it_runs(self) -> None:
        state = RunState(
            limits=RunLimits(seconds=60), active=timedelta(seconds=20), clock_since=START
        )
        assert state.deadline == after(40)
        assert replace(state, clock_since=None).deadline is None


class TestHistory:
    def test_is_equal_by_what_was_said(self) -> None:
        one, other = NOTHING.after(told("a")), History([told("a")])
        assert one == other
        assert hash(one) == hash(other)
        assert one != NOTHING
        assert one != History([told("b")])
        assert one != [told("a")]
        assert repr(NOTHING) == "History([])"

    def test_is_read_by_place_and_by_part(self) -> None:
        history = History([told("a"), told("b")])
        longer = history.after(told("c"))
        assert [history[0], history[-1]] == [told("a"), told("b")]
        assert history[1:] == [told("b")]
        assert longer[-1] == told("c")
        assert (len(history), len(longer)) == (2, 3)
        with pytest.raises(IndexError):
            history[2]

    def test_shares_its_past_and_copies_it_for_a_second_future(self) -> None:
        past = History([told("a")])
        first, second = past.after(told("b")), past.after(told("c"))
        again = past.after(told("b"))
        assert first._all is past._all is again._all
        assert second._all is not past._all
        assert list(second) == [told("a"), told("c")]
