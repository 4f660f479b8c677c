"""How a history too long is summed up: the lines of its calls, the summary, and when the window is
nearly full.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine import (
    context,
    digest,
    summary,
    tokens,
)
from runs.engine.engine_errors import ContextExhausted
from runs.engine.history import History
from runs.engine.ports import ContextMessage, Speaker, ToolCall
from runs.engine.state import RunState
from tests.core.runs_in_memory import running, told


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
