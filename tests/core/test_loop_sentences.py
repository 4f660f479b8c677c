"""What the loop detector says of what it found, and which thresholds make sense."""

from dataclasses import replace
from typing import Any

import pytest

from policies.loops import sentences
from policies.loops.evidence import Manner, Repeats
from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.observations import LoopKind

SAME = "find was called 4 times with the same arguments and gave the same answer each time"


BROUGHT = "and the answers brought little new"


class TestSentences:
    @pytest.mark.parametrize(
        ("kind", "manner", "tools", "sentence"),
        [
            (
                LoopKind.EXACT,
                Manner.CALL,
                ("find",),
                SAME,
            ),
            (
                LoopKind.NEAR,
                Manner.CALL,
                ("find",),
                "find was called 4 times with nearly the same arguments and brought nothing new",
            ),
            (LoopKind.NEAR, Manner.FAILURE, ("find",), "find failed 4 times in the same way"),
            (
                LoopKind.CYCLIC,
                Manner.ROUND,
                ("find", "look"),
                "The same 2 calls went round 2 times: find, look",
            ),
            (LoopKind.EXACT, Manner.WORDS, (), "It said the same thing 4 times"),
            (LoopKind.NEAR, Manner.WORDS, (), "It said nearly the same thing 4 times"),
            (
                LoopKind.NEAR,
                Manner.REQUEST,
                (),
                f"It asked for much the same in other words 4 times, {BROUGHT}",
            ),
        ],
    )
    def test_say_what_was_repeated_how_often_and_where(
        self, kind: LoopKind, manner: Manner, tools: tuple[str, ...], sentence: str
    ) -> None:
        repeated = Repeats(kind, manner, 0.5, (1, 2, 3, 4), tools)
        assert sentences.of_repeats(repeated) == f"{sentence} (steps 1, 2, 3, 4)."

    @pytest.mark.parametrize(
        ("indices", "said"),
        [
            ((4,), "step 4"),
            ((1, 2), "steps 1, 2"),
            (tuple(range(6)), "steps 0, 1, 2, 3, 4, 5"),
            (tuple(range(7)), "steps … 1, 2, 3, 4, 5, 6"),
        ],
    )
    def test_show_the_last_six_steps(self, indices: tuple[int, ...], said: str) -> None:
        assert sentences.steps_of(indices) == said

    def test_say_how_many_of_the_last_steps_brought_nothing(self) -> None:
        assert sentences.of_stagnation((2, 5), 12) == (
            "2 of the last 12 steps brought little or nothing new (steps 2, 5)."
        )


class TestThresholds:
    rising = "hint, pause and stop must not be negative and must rise in this order."
    shares = "memory, tolerated and repeat_fade are shares below 1."
    usual = "request_usual must lie below request_certain."
    lengths = "Windows and lengths are at least 1."

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"hint": -0.1}, rising),
            ({"hint": 0.61}, rising),
            ({"pause": 0.69}, rising),
            ({"memory": -0.1}, shares),
            ({"memory": 1.0}, shares),
            ({"tolerated": -0.1}, shares),
            ({"tolerated": 1.0}, shares),
            ({"repeat_fade": 0.0}, shares),
            ({"repeat_fade": 1.0}, shares),
            ({"request_usual": -0.1}, usual),
            ({"request_usual": 0.41}, usual),
            ({"window": 0}, lengths),
            ({"requests_compared": 0}, lengths),
            ({"requests_judged": 0}, lengths),
            ({"result_chars": 0}, lengths),
            ({"args_chars": 0}, lengths),
        ],
    )
    def test_that_make_no_sense_are_refused(self, changes: dict[str, Any], why: str) -> None:
        with pytest.raises(ValueError, match=why):
            replace(LoopThresholds(), **changes)

    @pytest.mark.parametrize(
        "changes",
        [
            {"hint": 0.0},
            {"hint": 0.6},
            {"pause": 0.68},
            {"memory": 0.0},
            {"tolerated": 0.0},
            {"repeat_fade": 0.01},
            {"request_usual": 0.0},
            {"window": 1},
            {"requests_compared": 1},
            {"requests_judged": 1},
            {"result_chars": 1},
            {"args_chars": 1},
        ],
    )
    def test_at_the_edge_of_sense_are_taken(self, changes: dict[str, Any]) -> None:
        assert replace(LoopThresholds(), **changes) != LoopThresholds()
