"""What is imported keeps its own name, unless that name already stands for another thing there."""

import ast
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("approvals", "console", "policies", "runs")
SHORT = ("runs.engine", "events", "e")
"""Events are named on nearly every line of the core, where `events` is a list of them."""


def bound(tree: ast.AST) -> Counter[str]:
    """How often each name is given to something in a module, at any depth."""
    names: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.alias():
                names[own(node)] += 1
            case ast.arg():
                names[node.arg] += 1
            case ast.Name(ctx=ast.Store()):
                names[node.id] += 1
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names[node.name] += 1
    return names


def own(imported: ast.alias) -> str:
    """The name by which code would speak of it, had it not been given another."""
    return imported.name.rpartition(".")[2]


def renamed(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Each import under another name: where from, what, and as what."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            place = getattr(node, "module", None) or ""
            yield from (
                (place, each.name, each.asname)
                for each in node.names
                if each.asname not in {None, each.name}
            )


def needless(source: str) -> list[str]:
    """Other names given although the own one is free."""
    tree = ast.parse(source)
    taken = bound(tree)
    return [
        f"{name} as {other}"
        for place, name, other in renamed(tree)
        if (place, name, other) != SHORT and taken[name.rpartition(".")[2]] < 2
    ]


def test_no_import_is_given_another_name_without_need() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {
        path: names
        for path in listed.stdout.split("\0")
        if path.endswith(".py") and "/migrations/" not in path
        if (names := needless((ROOT / path).read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from m import A as B", ["A as B"]),
        ("import a.b as c", ["a.b as c"]),
        ("from m import A as A", []),
        ("from m import rows as budgets\nfrom n import rows as scopes", []),
        ("from m import rows as budgets\ndef f(rows): ...", []),
        ("from m import rows as budgets\nfor rows in (): ...", []),
        ("from m import rows as budgets\nclass rows: ...", []),
        ("from m import rows as budgets\nprint(rows)", ["rows as budgets"]),
        ("from runs.engine import events as e", []),
        ("from runs.engine import codec as c", ["codec as c"]),
    ],
)
def test_another_name_is_needed_only_where_the_own_one_is_taken(
    source: str, found: list[str]
) -> None:
    assert needless(source) == found
