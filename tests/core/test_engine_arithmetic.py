"""What the engine counts with: limits and runway, tokens, summaries, ids, its clock, its
history.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from runs.engine import (
    context,
    digest,
    ids,
    limits,
    running_clock,
    session_approvals,
    summary,
    tokens,
)
from runs.engine import events as e
from runs.engine.engine_errors import ContextExhausted
from runs.engine.history import NOTHING, History
from runs.engine.limits import Estimate
from runs.engine.ports import ContextMessage, Speaker, ToolCall
from runs.engine.state import RunLimits, RunState, SessionApproval
from runs.engine.vocabulary import AnswerAct, Effect, RunStatus, Waiting
from tests.core.runs_in_memory import START, leased, running

NOW = START + timedelta(seconds=60)


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
            (2, "1 m limit reached after step 2."),
            (0, "1 m limit reached before its first step."),
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


def told(text: str) -> ContextMessage:
    return ContextMessage(Speaker.USER, text)


def asked(tool: str, args: Any, number: int = 1, thought: str = "") -> ContextMessage:
    return ContextMessage(Speaker.ASSISTANT, thought, (ToolCall(f"c{number}", tool, args),))


def answered(text: str, number: int = 1) -> ContextMessage:
    return ContextMessage(Speaker.TOOL, text, call_id=f"c{number}", tool="find")


class TestLines:
    def test_stand_for_each_call_and_each_word(self) -> None:
        history = [
            asked("find", {"q": "lamp"}, 1, "look  first"),
            answered("two\nrows\n[step 1/9 · 5 steps left]", 1),
            told("be quick"),
            asked("pay", "not json", 2),
        ]
        lines = [
            "1. said: look first",
            '1. find({"q": "lamp"}) -> two rows',
            "1. was told: be quick",
            "2. pay(not json) -> no answer",
        ]
        assert digest.of(history, 400) == ("\n".join(lines), 0)
        assert digest.of([], 400) == ("", 0)
        assert digest.steps_of(history) == 2

    def test_cut_long_thoughts_arguments_and_answers(self) -> None:
        history = [asked("find", "a" * 121, 1, "t" * 121), answered("r" * 161)]
        assert digest.of(history, 1_000)[0].splitlines() == [
            f"1. said: {'t' * 120}…",
            f"1. find({'a' * 120}…) -> {'r' * 160}…",
        ]

    def test_are_left_out_from_the_oldest_on(self) -> None:
        history = [asked("find", {"id": number}, number) for number in range(1, 10)]
        line = '9. find({"id": 9}) -> no answer'
        room = -(-3 * (len(line) + 1) // tokens.BYTES_PER_TOKEN)
        lines, dropped = digest.of(history, room)
        assert dropped == 6
        assert [each.split(".")[0] for each in lines.splitlines()] == ["7", "8", "9"]
        assert digest.of(history, 3) == ("", 9)

    @given(
        st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=9),
        st.integers(0, 100),
    )
    def test_fit_their_tokens_whatever_was_said(
        self, steps: list[tuple[str, str]], most: int
    ) -> None:
        history = [
            message
            for number, (args, answer) in enumerate(steps)
            for message in (asked("find", args, number), answered(answer, number))
        ]
        lines, dropped = digest.of(history, most)
        assert tokens.size(lines) <= most * tokens.BYTES_PER_TOKEN
        assert lines.count(" -> ") >= len(steps) - dropped


class TestASummary:
    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({"a": ["x1", {"b": 7}], "c": ("y2",)}, ["x1", "7", "y2"]),
            ({"a": True, "b": None, "c": 1.5}, []),
            ("two words 2", []),
            ("letters", []),
            ("a" * 39 + "1", ["a" * 39 + "1"]),
            ("a" * 40 + "1", []),
            ("anna1@b.example/x-y:z+1", ["anna1@b.example/x-y:z+1"]),
        ],
    )
    def test_takes_short_values_with_a_digit(self, given: Any, found: list[str]) -> None:
        assert list(summary.values(given)) == found

    def test_names_the_last_sixty_values(self) -> None:
        history = [asked("find", {"id": f"A-{number}"}, number) for number in range(70)]
        [line] = summary.named(history, 1_000)
        assert line == f"They named {', '.join(f'A-{number}' for number in range(10, 70))}."
        assert list(summary.named([asked("find", {})], 1_000)) == []

    def test_tells_what_was_done_and_counts_what_was_read(self) -> None:
        history = [
            asked("find", {}, 1),
            answered("x", 1),
            asked("pay", {"n": 1}, 2),
            answered("paid", 2),
            asked("pay", {"n": 2}, 3),
            answered(f"{summary.REFUSED}no", 3),
            asked("find", {}, 4),
        ]
        assert list(summary.done(history, {"pay"}, 100)) == [
            "Called: find 2x.",
            "Done, and not to be done again:",
            '2. pay({"n": 1})',
        ]
        assert list(summary.done(history, (), 100)) == ["Called: find 2x, pay 1x."]
        assert list(summary.done([], {"pay"}, 100)) == []

    def test_counts_what_was_done_and_has_no_room(self) -> None:
        history = [asked("pay", {"n": number}, number) for number in range(1, 6)]
        lines = list(summary.done(history, {"pay"}, 14))
        assert lines == [
            "Called: pay 3x.",
            "Done, and not to be done again:",
            '4. pay({"n": 4})',
            '5. pay({"n": 5})',
        ]

    def test_keeps_the_last_three_words_of_the_supervisor(self) -> None:
        history = [told("a"), told("b  c"), told("a"), told("d"), told("e")]
        assert list(summary.words(history, 100)) == [
            "You were told: b c",
            "You were told: d",
            "You were told: e",
        ]

    @pytest.mark.parametrize(
        ("most", "kept"),
        [(0, []), (1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"]), (9, ["a", "b", "c"])],
    )
    def test_keeps_the_newest_that_have_room(self, most: int, kept: list[str]) -> None:
        assert list(summary.newest(["a", "b", "c"], most)) == kept

    def test_has_its_heading_or_is_nothing(self) -> None:
        heading = (
            "[Steps 1 to 1 are summed up here; what they returned in full is no longer part of this"
            " conversation.]"
        )
        history = [asked("find", {}), answered("x")]
        assert summary.of(history, 400, said="All well.").splitlines() == [
            heading, "Called: find 1x.", "All well."
        ]  # fmt: skip
        assert summary.of(history, tokens.of_text(heading) - 1) == ""
        recall = summary.of(history, 400, recall=True).splitlines()[0]
        assert recall == f"{heading[:-1]}{summary.RECALL}]"


class TestTheWindow:
    def test_of_a_model_that_says_nothing_has_no_end(self) -> None:
        state = running()
        assert (context.known_window(state), context.room(state)) == (None, None)
        assert context.folding(replace(state, context=10**9)) is None

    @pytest.mark.parametrize(
        ("listed", "learned", "known"),
        [(100, None, 100), (None, 90, 90), (100, 90, 90), (90, 100, 90)],
    )
    def test_is_what_is_listed_and_no_more_than_was_learned(
        self, listed: int | None, learned: int | None, known: int
    ) -> None:
        assert context.known_window(RunState(window=listed, learned_window=learned)) == known

    def test_keeps_room_for_the_answer_and_for_a_wrong_guess(self) -> None:
        state = RunState(window=11_100, max_tokens_out=100)
        assert context.room(state) == 10_000
        assert context.room(replace(state, scale=2.0)) == int(11_000 / 1.03 / 2)

    def test_that_not_even_the_last_step_fits_ends_in_words(self) -> None:
        state = RunState(window=1_210, max_tokens_out=100, context=1_009, goal="g")
        assert context.window(state, "p").estimate == 1_009
        with pytest.raises(ContextExhausted) as ended:
            context.window(replace(state, context=1_010), "p")
        assert str(ended.value) == (
            "The prompt, the goal and the last step alone are about 1,010 tokens; the model takes"
            " 1,210, of which 100 are kept for the answer and a little because tokens are only"
            " estimated."
        )

    def test_holds_prompt_goal_summary_and_what_was_not_folded(self) -> None:
        history = History([told("a"), told("b")])
        state = RunState(goal="g", summary="s", history=history, folded=1)
        assert context.window(state, "p").messages() == (
            ContextMessage(Speaker.SYSTEM, "p"), told("g"), told("s"), told("b")
        )  # fmt: skip
        bare = replace(state, summary="", folded=0)
        assert context.window(bare).messages() == (told("g"), told("a"), told("b"))

    @pytest.mark.parametrize(
        ("told_window", "learned"),
        [(None, 990), (0, 990), (-5, 990), (1_100, 990), (1_099, 1_099), (500, 500)],
    )
    def test_is_learned_from_a_refusal(self, told_window: int | None, learned: int) -> None:
        state = RunState(context=500, scale=2.0, max_tokens_out=100)
        assert context.taught(state, told_window) == learned

    def test_counts_the_summary_and_what_was_said_after_it(self) -> None:
        history = History([told("a" * 300), told("b" * 300), told("c")])
        state = RunState(history=history, summary="s" * 30, folded=1)
        assert context.size_of(state, 2) == 18 + tokens.of_text("b" * 300)
        assert context.size_of(replace(state, summary="", folded=0), 1) == 108
        assert context.size_of(state, 1) == 18

    @pytest.mark.parametrize(("size", "folded"), [(899, False), (900, True)])
    def test_is_folded_when_it_is_nearly_full(self, size: int, folded: bool) -> None:
        steps = [asked("find", "x" * 600, number) for number in range(4)]
        state = RunState(window=1_100, context=size, history=History(steps))
        assert context.room(state) == 999
        assert (context.folding(state) is not None) is folded

    def test_keeps_the_newest_step_and_frees_more_than_its_summary_takes(self) -> None:
        steps = [asked("find", "x" * 600, number) for number in range(4)]
        state = RunState(window=1_100, context=950, history=History(steps))
        folding = context.folding(state)
        assert folding is not None
        assert folding.messages == 3
        assert 0 < folding.most <= context.size_of(state, 3) // 2
        assert context.folding(replace(state, history=History(steps[:1]))) is None


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


def question(args: dict[str, Any], **facts: Any) -> e.CallAsked:
    return e.CallAsked(
        at=NOW, step=1, tool="pay", call="1.1", ref="r", args=args, effect=Effect.IRREVERSIBLE,
        undo=False, rule="asks", sentence="?", facts=facts,
    )  # fmt: skip


class TestASessionApproval:
    grant = SessionApproval(
        "g1", "pay", {"to": "anna", "amount": 5}, ("amount",), 3, "olga", 1, "17"
    )

    def covers(self, args: dict[str, Any], grant: SessionApproval = grant, **facts: Any) -> bool:
        return session_approvals.covers(grant, question(args, **facts))

    def test_covers_calls_with_equal_arguments_but_for_the_free_ones(self) -> None:
        assert self.covers({"to": "anna", "amount": 5})
        assert self.covers({"to": "anna", "amount": 500})
        assert self.covers({"to": "anna"})
        assert not self.covers({"to": "olga", "amount": 5})
        assert not self.covers({"to": "anna", "amount": 5, "note": ""})
        assert not self.covers({"amount": 5})

    def test_covers_no_other_tool_and_no_more_calls_than_it_was_given_for(self) -> None:
        args = {"to": "anna", "amount": 5}
        assert not self.covers(args, replace(self.grant, tool="refund"))
        assert self.covers(args, replace(self.grant, used=2))
        assert not self.covers(args, replace(self.grant, used=3))

    def test_leaves_nothing_free_that_came_out_of_a_tool(self) -> None:
        args = {"to": "anna", "amount": 5}
        marks = [{"path": "args.amount"}]
        assert not self.covers(args, tainted=marks)
        assert self.covers(args, replace(self.grant, free=()), tainted=marks)

    @pytest.mark.parametrize(
        ("given", "asked_for", "covered"),
        [
            (1, 1, True),
            (1, 1.0, True),
            (1, True, False),
            (0, False, False),
            (True, True, True),
            ("1", 1, False),
            (None, 0, False),
            ([1, {"a": 0}], [1, {"a": 0}], True),
            ([1, {"a": 0}], [1, {"a": False}], False),
            ([1, 2], [2, 1], False),
        ],
    )
    def test_takes_arguments_for_equal_that_are_equal_as_json(
        self, given: Any, asked_for: Any, covered: bool
    ) -> None:
        grant = replace(self.grant, args={"x": given}, free=())
        assert self.covers({"x": asked_for}, grant) is covered

    def test_decides_in_the_name_of_who_gave_it(self) -> None:
        state = replace(running(), grants=(replace(self.grant, tool="other"), self.grant))
        decided = session_approvals.standing(state, question({"to": "anna", "amount": 7}))
        assert decided == e.CallDecided(
            at=NOW, actor="olga", person="17", step=1, tool="pay", call="1.1",
            word=AnswerAct.APPROVE,
            note="Session approval, 2 of 3.", grant="g1",
        )  # fmt: skip
        assert session_approvals.standing(running(), question({"to": "anna"})) is None
