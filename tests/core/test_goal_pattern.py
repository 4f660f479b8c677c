"""A script's pattern meets goals that others wrote: it is refused when it is read, or answers in no
time.
"""

import time

import pytest

from policies.json_schema.linear_regex import BadPattern
from policies.json_schema.work_limit import TooMuch
from runs.planners.goal_pattern import GoalPattern
from runs.planners.script_text import ScriptError, parse


def test_the_named_parts_of_a_goal_are_found_whatever_its_letter_case() -> None:
    pattern = GoalPattern(r"order (?P<order>\d+)(?: to (?P<place>[^.]+))?")
    assert pattern.parts("Ship ORDER 1042 to Camden. Now.") == {"order": "1042", "place": "Camden"}
    assert pattern.parts("Ship order 7") == {"order": "7"}
    assert pattern.parts("Ship it") is None


@pytest.mark.parametrize("source", ["(", r"(a)\1", "(?=a)b", "(?:a{1000}){1000}"])
def test_a_pattern_that_could_hold_a_worker_up_is_refused_with_its_line(source: str) -> None:
    with pytest.raises(BadPattern):
        GoalPattern(source)
    with pytest.raises(ScriptError, match="line 2: pattern cannot be used"):
        parse(f"model = 'x'\npattern = '{source}'\n[[step]]\nfinal = 'x'")


@pytest.mark.parametrize("source", ["^(a+)+$", "^(a|aa)+$", r"(x+x+)+y", r"^(\w+\s?)*$"])
@pytest.mark.parametrize("size", [40, 20_000])
def test_a_goal_that_does_not_match_is_told_at_once(source: str, size: int) -> None:
    goal = ("x" if "x" in source else "a") * size + "!"
    began = time.process_time()
    assert GoalPattern(source).parts(goal) is None
    assert time.process_time() - began < 1


def test_a_match_whose_parts_take_too_long_is_given_up() -> None:
    began = time.process_time()
    with pytest.raises(TooMuch):
        GoalPattern("^(?P<many>(a|aa)+)$|!").parts("a" * 60 + "!")
    assert time.process_time() - began < 2
