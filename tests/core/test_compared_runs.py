"""The calls of two runs, side by side where they belong together, whatever lies between."""

import time
from random import Random

import pytest

from runs.reading import compared_runs
from runs.reading.compared_runs import Match
from runs.reading.loop_evidence import CallHead, CallText


def call(tool: str, step: int = 1, answer: str = "ok", **args: str) -> CallText:
    first = answer.splitlines()[0]
    return CallText(CallHead(str(step), tool, failed=False), args, first, answer)


def matches(left: list[CallText], right: list[CallText]) -> list[tuple[str, str]]:
    return [
        (match.value, "/".join(each.head.tool if each else "-" for each in (one, other)))
        for match, one, other in compared_runs.aligned(left, right)
    ]


def test_runs_that_did_the_same_never_part() -> None:
    made = [call("find", n=str(n)) for n in range(3)]
    assert matches(made, list(made)) == [("same", "find/find")] * 3


def test_the_same_call_with_another_answer_is_no_parting() -> None:
    found = matches([call("find", answer="one")], [call("find", answer="two")])
    assert found == [("other answer", "find/find")]


@pytest.mark.parametrize("end", ["left", "left and right"])
def test_an_answer_that_differs_further_down_is_another_answer(end: str) -> None:
    one, other = (
        call("find", answer="ok\n" + "x" * 900),
        call("find", answer=f"ok\n{'x' * 900}{end}"),
    )
    assert matches([one], [other]) == [("other answer", "find/find")]
    [(_, said)] = compared_runs.differences(one, other)
    assert [text.endswith(end) for text in said] == [False, True]


def test_long_arguments_are_shown_from_where_they_part() -> None:
    one, other = (call("write", text="x" * 5_000 + end + "y" * 5_000) for end in ("one", "two"))
    [(_, said)] = compared_runs.differences(one, other)
    assert ["one" in said[0], "two" in said[1]] == [True, True]
    assert max(map(len, said)) <= compared_runs.LONGEST_COMPARED


def test_values_that_are_not_shown_are_counted() -> None:
    one, other = (
        call("write", 1, "ok", **{f"a{n}": f"{n} {side}" for n in range(40)}) for side in "ab"
    )
    found = compared_runs.differences(one, other)
    assert len(found) == compared_runs.MOST_VALUES
    assert found[-1] == ("and", ("29 values more", "29 values more"))


def test_final_words_that_differ_further_down_are_other_words() -> None:
    one, other = (call(compared_runs.WORDS, answer=f"Done.\n{end}") for end in "ab")
    assert [found for found, _ in matches([one], [other])] == ["other arguments"]


def test_a_call_that_only_one_made_stands_alone_and_the_rest_meets_again() -> None:
    left = [call("find"), call("refund", amount="5"), call("tell")]
    right = [call("find"), call("look"), call("look", deep="yes"), call("tell")]
    assert matches(left, right) == [
        ("same", "find/find"),
        ("only in the first", "refund/-"),
        ("only in the second", "-/look"),
        ("only in the second", "-/look"),
        ("same", "tell/tell"),
    ]


def test_calls_of_one_tool_that_ask_for_something_else_stand_side_by_side() -> None:
    left = [call("find", id="1"), call("refund", amount="5"), call("tell")]
    right = [call("find", id="1"), call("look"), call("refund", amount="6"), call("tell")]
    assert matches(left, right)[1:3] == [
        ("only in the second", "-/look"),
        ("other arguments", "refund/refund"),
    ]


def test_one_run_may_have_done_nothing() -> None:
    assert matches([], []) == []
    assert matches([call("find")], []) == [("only in the first", "find/-")]
    assert matches([], [call("find")]) == [("only in the second", "-/find")]


def test_every_call_of_both_stands_in_it_once_and_in_its_order() -> None:
    dice = Random(7)
    for _ in range(200):
        left, right = (
            [call(dice.choice("abc"), n, id=dice.choice("12")) for n in range(dice.randrange(9))]
            for _ in range(2)
        )
        rows = list(compared_runs.aligned(left, right))
        assert [one for _, one, _ in rows if one] == left
        assert [other for _, _, other in rows if other] == right
        for match, one, other in rows:
            if match in (Match.SAME, Match.ANSWER):
                assert one
                assert other
                assert compared_runs.key(one) == compared_runs.key(other)


def test_many_that_are_the_same_are_one_line_and_the_first_parting_is_said_once() -> None:
    left = [call("find", n=str(n)) for n in range(9)] + [call("a"), call("find", n="1")]
    right = [call("find", n=str(n)) for n in range(9)] + [call("b"), call("find", n="1")]
    rows = compared_runs.marked(compared_runs.aligned(left, right))
    shown = list(compared_runs.folded(rows))
    assert [(row.match.value, row.folded) for row in shown] == [
        ("same", 9),
        ("only in the first", 0),
        ("only in the second", 0),
        ("same", 0),
    ]
    assert [row.parts for row in shown] == [False, True, False, False]


def test_long_runs_of_one_tool_stand_side_by_side_call_for_call() -> None:
    left, right = ([call("find", n, id=f"{side}{n}") for n in range(900)] for side in "ab")
    assert set(matches(left, right)) == {("other arguments", "find/find")}


def test_in_long_runs_the_same_calls_are_found_by_their_turn() -> None:
    left = [call("find", id=str(n % 7)) for n in range(900)]
    right = [call("start"), *left[:450], call("look"), *left[450:], call("end")]
    found = matches(left, right)
    assert found.count(("same", "find/find")) == 900
    assert [one for one in found if one[0] != "same"] == [
        ("only in the second", "-/start"),
        ("only in the second", "-/look"),
        ("only in the second", "-/end"),
    ]


@pytest.mark.parametrize("kinds", [1, 4, 40, 400, 4_000])
@pytest.mark.parametrize("length", [400, compared_runs.MOST])
def test_however_runs_are_they_are_compared_in_a_bounded_time(kinds: int, length: int) -> None:
    dice = Random(3)
    left, right = (
        [call(dice.choice("abc"), n, id=str(dice.randrange(kinds))) for n in range(length)]
        for _ in range(2)
    )
    began = time.process_time()
    assert len(list(compared_runs.aligned(left, right))) >= length
    assert time.process_time() - began < 3
