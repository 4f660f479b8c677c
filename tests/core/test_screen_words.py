"""Words over which people stumbled are on no screen any more: each has a plainer one."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from console.docs import source

ROOT = Path(__file__).parents[2]
ELSEWHERE = ("console/docs/", "runs/simulation/", "console/bench/", "console/chaos/", "migrations/")
GONE = {
    "any 1 of": "one",
    "then deny and go on": "denied automatically in …; the run continues",
    "Standing yes": "session approval",
    "take back": "revoke",
    "For the rest of this run too": "Pre-approve repeats in this run",
    "May differ": "Any value allowed",
    "Let it go on": "Continue",
    "Send it back": "Return with a note",
    "A word to the planner": "Note to the agent and the log",
    "Why it asks": "Agent's reason",
    "Why you are asked": "Policy that asked",
    "If it goes wrong": "Undo",
    "Nothing has to be undone so far": "No changes made yet",
    "loop score": "",
    "first seen in a tool result": "unverified source",
    "Question to answer": "Median response",
    "Nine of ten within": "90th percentile",
    "Who is waited for": "Waiting on",
    "Stopped badly": "Failed or stopped early",
    "Unconfirmed call": "Calls in doubt",
    "Principal's groups": "Started by somebody of",
    "Need approval": "Waiting for approval",
    "everything kept": "state saved",
    "repeats itself and": "is in a loop and",
    "gets nowhere": "makes no progress",
    "Paused by a person": "Paused by NAME",
    "Killed by a person": "Killed by NAME",
    "Done means": "Acceptance criteria",
    "told nothing new": "brought nothing new",
    "is told little": "the answers brought little",
    "learned nothing": "the answers brought nothing",
    "watched anew": "the loop counter starts again",
    "begins watching anew": "resets the loop counter",
    "Planner failure": "Model error",
    "Taken in hand": "Picked up",
    "idle gaps collapsed": "waiting time hidden",
    "a wrong word": "a wrong answer",
    "Leave it alone": "Cancel",
    "Halt what?": "Stop what?",
    "Leave it pulled": "Keep halted",
    "Force open": "Cut off",
    "never wider": "Can only be lowered",
    "say what it shall reach": "describe the goal",
    "Not for you": "No access",
    "Not here": "Not found",
    "Take back": "Revoke",
    "Taken back": "Revoked",
    "may differ": "any value allowed",
    "Load ·": "Workload",
    "Load</h1>": "Workload",
    "its planner is": "its model is",
    "its planner was": "its model was",
    "its planners": "its agents",
    "the planner was told": "the model was told",
    "back to the planner": "back to the model",
    "The planner gave": "The model gave",
    "keeps everything": "its state saved",
    "everything is kept": "its state is saved",
    "</b> pass": "met",
    "· operators only": "not for viewers",
    "Pulled (": "Turned on",
    "Released (": "Turned off",
    "somebody releases": "somebody turns off",
    "Its breaker closes": "It works again",
}
"""What was said, and what is said instead."""


def strings(file: Path) -> Iterator[str]:
    """The texts in a module, its docstrings aside."""
    tree = ast.parse(file.read_text())
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@cache
def on_screen() -> str:
    modules = [
        file
        for file in source.files()
        if not any(room in file.as_posix() for room in ELSEWHERE) and "tests" not in file.parts
    ]
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static/js").glob("*.js")]
    return "\n".join(
        [text for file in modules for text in strings(file)] + [page.read_text() for page in pages]
    )


@pytest.mark.parametrize("words", sorted(GONE))
def test_a_word_over_which_people_stumbled_is_on_no_screen(words: str) -> None:
    assert words not in on_screen(), GONE[words]
