"""The core says why it is as it is: each field of a run's state what it means, each branch of what
to do next why it stands where it stands.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "runs" / "engine"
DECIDING = {
    "machine": (
        "at_once",
        "next_move",
        "next_of_flights",
        "next_of_flight",
        "next_retry",
        "next_plan",
    ),
    "killing": ("next_effect", "cleared_up", "next_undo"),
}
SHORTEST = 20


def tree_of(module: str) -> ast.Module:
    return ast.parse((ENGINE / f"{module}.py").read_text())


def body_of(module: str, name: str) -> list[ast.stmt]:
    return next(
        node.body
        for node in tree_of(module).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name
    )


def unsaid(body: list[ast.stmt]) -> Iterator[str]:
    """Fields of a class after which no sentence stands."""
    for each, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(each, ast.AnnAssign):
            continue
        said = after.value if isinstance(after, ast.Expr) else None
        text = said.value if isinstance(said, ast.Constant) else ""
        if not (isinstance(text, str) and len(text) >= SHORTEST and text.strip().endswith(".")):
            yield ast.unparse(each.target)


def above(lines: list[str], number: int) -> str:
    """The comment that ends on the line before this one, counted from 1."""
    found: list[str] = []
    while (line := lines[number - 2 - len(found)].strip()).startswith("#"):
        found.append(line.removeprefix("#").strip())
    return " ".join(reversed(found))


def begins(body: list[ast.stmt], place: int) -> list[int]:
    """The lines that a branch's reason may stand above: its own, and those of what it looks at."""
    found = [body[place].lineno]
    for before in reversed(body[:place]):
        if not isinstance(before, ast.Assign):
            break
        found.append(before.lineno)
    return found


@pytest.mark.parametrize(("module", "name"), [("state", "RunState"), ("kept_calls", "Flight")])
def test_every_field_has_its_sentence(module: str, name: str) -> None:
    assert list(unsaid(body_of(module, name))) == []


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in DECIDING.items() for name in names]
)
def test_every_branch_of_what_to_do_next_says_why_it_stands_there(module: str, name: str) -> None:
    lines = (ENGINE / f"{module}.py").read_text().splitlines()
    body = body_of(module, name)
    places = [at for at, each in enumerate(body) if isinstance(each, ast.If | ast.Try)]
    assert places
    mute = [
        ast.unparse(body[at]).splitlines()[0]
        for at in places
        if not any(is_reason(above(lines, line)) for line in begins(body, at))
    ]
    assert mute == []


def is_reason(said: str) -> bool:
    return len(said) >= SHORTEST and said.endswith(".")


def test_no_function_that_decides_is_forgotten() -> None:
    """Whatever gives an action, and tells cases apart, is held to it."""
    for module, names in DECIDING.items():
        for node in tree_of(module).body:
            if not isinstance(node, ast.FunctionDef) or node.returns is None:
                continue
            gives = ast.unparse(node.returns) in ("Action", "Action | None")
            if gives and sum(isinstance(each, ast.If) for each in node.body) > 1:
                assert node.name in names, node.name


def test_a_field_without_a_sentence_is_noticed() -> None:
    body = ast.parse(
        'a: int = 0\n"""What it is, and why so."""\nb: int = 0\nc: int = 0\n"""c"""'
    ).body
    assert list(unsaid(body)) == ["b", "c"]
