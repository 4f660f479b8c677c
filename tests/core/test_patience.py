"""Tests wait for conditions, and pass time in; the few that let real time go by are counted here,
each for its reason.
"""

import ast
import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runs.simulation.virtual import VirtualLoop
from tests import patience

TESTS = Path(__file__).parents[1]
REAL = {
    "patience.py": (3, "looks again, lets an event loop go round, moves a virtual clock on"),
    "core/test_cut_words.py": (1, "lets an event loop go round"),
    "fire/stack.py": (1, "a fault that lasts: time itself is what happens"),
    "fire/shop/tools.py": (2, "the time that a tool takes"),
    "live/test_stuck_rounds.py": (1, "a query that is never answered"),
    "runtime/leaky/tools.py": (1, "a tool at work between two tellings"),
    "runtime/test_progress_shown.py": (1, "a tool at work for longer than two tellings"),
    "tools/http_server.py": (1, "the time that a tool takes"),
    "tools/rough_tools.py": (10, "the time that a tool takes"),
    "tools/test_stray_words.py": (1, "lets an event loop go round"),
}
SLEEPS = {"sleep", "pg_sleep", "wait_for_timeout", "usleep", "nanosleep"}
IN_TEXT = re.compile(r"\b(?:pg_)?sleep\(")


def sleeping(tree: ast.AST) -> Iterator[int]:
    """Lines that let real time go by: calls, and programs or queries in texts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and last(node.func) in SLEEPS:
            yield node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (node.lineno for _ in IN_TEXT.finditer(node.value))


def last(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def test_real_time_goes_by_only_where_it_is_said_why() -> None:
    found = {
        str(path.relative_to(TESTS)): lines
        for path in TESTS.rglob("*.py")
        if path != Path(__file__) and (lines := list(sleeping(ast.parse(path.read_text()))))
    }
    assert {path: len(lines) for path, lines in found.items()} == {
        path: count for path, (count, _) in REAL.items()
    }, found


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(1)",
        "await asyncio.sleep(0.1)",
        "sleep(2)",
        "page.wait_for_timeout(300)",
        "connection.execute('SELECT pg_sleep(1)')",
        "run(['python', '-c', 'import time; time.sleep(9)'])",
    ],
)
def test_a_sleep_is_seen_however_it_is_written(line: str) -> None:
    assert list(sleeping(ast.parse(line))) == [1]


@pytest.mark.parametrize("line", ["await passes(9)", "monkeypatch.setattr(time, 'sleep', slept)"])
def test_what_only_looks_like_one_is_none(line: str) -> None:
    assert list(sleeping(ast.parse(line))) == []


def test_virtual_time_passes_at_once() -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(patience.passes(3_600))
        assert loop.time() == 3_600
    finally:
        loop.close()


async def test_nothing_waits_for_the_machines_clock_by_it() -> None:
    with pytest.raises(AssertionError, match="wait for a condition instead"):
        await patience.passes(0.0)


def test_what_never_comes_is_named() -> None:
    with pytest.raises(AssertionError, match=r"waited 0 s in vain: the ferry"):
        patience.until(lambda: False, "the ferry", 0.0)


def test_what_comes_is_handed_over() -> None:
    given = iter([None, "", "the ferry"])
    assert patience.until(lambda: next(given), "the ferry") == "the ferry"


async def test_an_event_loop_goes_on_while_something_is_waited_for() -> None:
    came = asyncio.Event()
    asyncio.get_running_loop().call_soon(came.set)
    assert await patience.eventually(came.is_set, "the ferry")
    with pytest.raises(AssertionError, match="in vain: the next one"):
        await patience.eventually(lambda: False, "the next one", 0.0)


def test_a_thread_that_goes_on_is_named() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name="ferry")
    thread.start()
    with pytest.raises(AssertionError, match="in vain for the end of ferry"):
        patience.ended(thread, seconds=0.0)
    over.set()
    patience.ended(thread)


def test_one_patience_for_many_steps_runs_out_once() -> None:
    assert 0 < patience.Deadline("the ferry").left() <= patience.PATIENCE
    with pytest.raises(AssertionError, match="in vain: the ferry"):
        patience.Deadline("the ferry", 0.0).left()
