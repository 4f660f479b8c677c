"""A word that nobody listed is no answer: where code tells the words of a vocabulary apart, it says
what becomes of all others.
"""

import ast
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest

from policies.decision import DecisionKind
from policies.verdicts import Verdict

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for room in ("console", "runs", "policies", "approvals")
    for path in (ROOT / room).rglob("*.py")
)
SAID = (ast.Raise, ast.Return)


def blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield block


def is_word(pattern: ast.pattern) -> bool:
    """`Verdict.FAILED`, `Verdict.FAILED | Verdict.UNKNOWN`, None."""
    if isinstance(pattern, ast.MatchOr):
        return all(map(is_word, pattern.patterns))
    return isinstance(pattern, ast.MatchSingleton) or (
        isinstance(pattern, ast.MatchValue) and isinstance(pattern.value, ast.Attribute)
    )


def unsaid(source: str) -> list[int]:
    """The lines of matches over words after which nothing says what becomes of another one."""
    found = []
    for block in blocks(ast.parse(source)):
        for each, after in zip_longest(block, block[1:]):
            if not isinstance(each, ast.Match):
                continue
            *first, last = [case.pattern for case in each.cases]
            wild = isinstance(last, ast.MatchAs) and last.pattern is None
            if not all(map(is_word, first if wild else [*first, last])) or wild:
                continue
            if not (
                isinstance(after, (SAID, ast.If))
                or (after is not None and "assert_never" in ast.unparse(after))
            ):
                found.append(each.lineno)
    return found


def test_every_match_over_the_words_of_a_vocabulary_says_what_becomes_of_others() -> None:
    assert {
        str(path.relative_to(ROOT)): lines
        for path in FILES
        if (lines := unsaid(path.read_text(encoding="utf-8")))
    } == {}


@pytest.mark.parametrize(
    ("end", "lines"),
    [
        ("", [2]),
        ("    assert_never(x)", []),
        ("    raise ValueError", []),
        ("    return 3", []),
        ("        case _:\n            pass", []),
    ],
)
def test_one_that_does_not_would_be_found(end: str, lines: list[int]) -> None:
    assert (
        unsaid(
            "def f(x):\n    match x:\n        case A.B | A.C:\n            return 1\n        case"
            f" None:\n            return 2\n{end}\n"
        )
        == lines
    )


CLOSED = {"DecisionKind": set(DecisionKind.__members__), "Verdict": set(Verdict.__members__)}


def listed(case: ast.pattern) -> Iterator[tuple[str, str]]:
    """`("DecisionKind", "ASK")` for each word of a pattern."""
    for node in ast.walk(case):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


def half_told(source: str) -> list[int]:
    """The lines of matches over decisions or verdicts that leave one out, or do not end in
    `assert_never`: a word that nobody listed must never pass for another.
    """
    found = []
    for block in blocks(ast.parse(source)):
        for each, after in zip_longest(block, block[1:]):
            words = dict[str, set[str]]()
            for case in each.cases if isinstance(each, ast.Match) else ():
                for vocabulary, word in listed(case.pattern):
                    words.setdefault(vocabulary, set()).add(word)
            whole = all(words[name] == CLOSED[name] for name in words.keys() & CLOSED.keys())
            ends = after is not None and "assert_never" in ast.unparse(after)
            if words.keys() & CLOSED.keys() and not (whole and ends):
                found.append(each.lineno)
    return found


def test_every_match_over_decisions_or_verdicts_lists_all_of_them_and_refuses_any_other() -> None:
    assert {
        str(path.relative_to(ROOT)): lines
        for path in FILES
        if (lines := half_told(path.read_text(encoding="utf-8")))
    } == {}


@pytest.mark.parametrize(
    ("cases", "end", "lines"),
    [
        ("SUCCEEDED | Verdict.FAILED | Verdict.UNKNOWN", "assert_never(x)", []),
        ("SUCCEEDED | Verdict.FAILED", "assert_never(x)", [2]),
        ("SUCCEEDED | Verdict.FAILED | Verdict.UNKNOWN", "return 3", [2]),
    ],
)
def test_one_that_leaves_a_verdict_out_would_be_found(
    cases: str, end: str, lines: list[int]
) -> None:
    source = (
        f"def f(x):\n    match x:\n        case Verdict.{cases}:\n            return 1\n    {end}"
    )
    assert half_told(source) == lines
