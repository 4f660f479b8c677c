"""Our own regular expressions meet text of models, tools and strangers: none takes long, whatever
the text.
"""

import importlib
import pkgutil
import re
import signal
from collections.abc import Iterator
from types import FrameType, ModuleType

import pytest

ROOMS = ("policies", "runs.planners", "runs.tools", "runs.engine", "approvals.rules")
ANCHORED = {
    "approvals.rules.amounts.NUMBER",
    "policies.judge.rules.ANSWER",
    "policies.loops.comparable.PLACE",
    "policies.truth.crash_output.OBJECT",
}
"""Held against the beginning, or the whole, of a text only: they need not be quick to search
with.
"""
SIZE = 6_000
PATIENCE = 0.25  # seconds of this process; what is linear takes some milliseconds
SIGNS = "aA0 \n\t.-_@/\\\"'{[(<,:%&=é|;"
PAIRS = "a a. a- a_ a: a@ a, a/ 0. 0, 0a <a [a (a {a a\n .a -a ,a \n0 A0 Aa".split(" ")
UNITS = [*SIGNS, *PAIRS, "a ", "0 ", " 0", ", ", "\n ", "www.", "a://", "{{ ", "a@a.", "not "]


def modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        package = importlib.import_module(room)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            yield importlib.import_module(found.name)


def patterns() -> dict[str, re.Pattern[str]]:
    found: dict[str, re.Pattern[str]] = {}
    for module in modules():
        for name, value in vars(module).items():
            each = value if isinstance(value, tuple) else (value,)
            held = [
                getattr(one, "pattern", None) if not isinstance(one, re.Pattern) else one
                for one in each
            ]
            found |= {
                f"{module.__name__}.{name}" + (f".{at}" if at else ""): one
                for at, one in enumerate(held)
                if isinstance(one, re.Pattern)
            }
    return found


SHORT = {
    "policies.cel.cel_source.TOKEN"
}  # reads expressions of 2,000 characters at most, which administrators write
PATTERNS = {name: each for name, each in patterns().items() if name not in SHORT}


class Late(Exception):
    pass


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """The engine looks at signals on its way; the clock of this process alone counts, however busy
    the machine is.
    """

    def late(_number: int, _frame: FrameType | None) -> None:
        raise Late

    before = signal.signal(signal.SIGVTALRM, late)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def held_against(pattern: re.Pattern[str], text: str, *, anywhere: bool) -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    pattern.match(text)
    pattern.fullmatch(text)
    for _ in pattern.finditer(text) if anywhere else ():
        pass
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def slow(name: str, pattern: re.Pattern[str], size: int = SIZE) -> list[str]:
    """The texts over which the pattern takes too long, each by what it repeats."""
    words = re.findall(r"[A-Za-z]{3,12}", pattern.pattern)[:2]
    found = []
    for start in ("", "5", *words):
        for unit in UNITS:
            try:
                held_against(
                    pattern,
                    start + unit * (size // len(unit)) + "\x00",
                    anywhere=name not in ANCHORED,
                )
            except Late:
                found.append(f"{start!r} then {unit!r}")
    return found


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_of_ours_takes_long_over_any_text(name: str) -> None:
    assert slow(name, PATTERNS[name]) == []


@pytest.mark.parametrize("source", [r"(a+)+$", r"\s*x?\s*$"])
def test_a_slow_pattern_would_be_found(source: str) -> None:
    assert slow("", re.compile(source), 20_000)


def test_there_are_patterns_to_look_at() -> None:
    assert len(PATTERNS) > 60
