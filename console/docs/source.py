"""What the code itself says, read from its syntax trees: who makes which event, and which fields of
a run's state it changes.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from inspect import cleandoc
from itertools import pairwise
from pathlib import Path

from console.stack.places import ROOT
from runs.engine import events
from runs.engine.fold import FOLDS
from runs.engine.state import RunState

ROOMS = ("approvals", "console", "policies", "runs")
NOT_WRITERS = ("runs/simulation", "approvals/request_simulation", "console/bench", "migrations")
"""Modules that make events only for trials and measurements, or hold none."""
FOLD_MODULES = sorted({each.__module__ for each in FOLDS.values()})
STATE = tuple(field.name for field in fields(RunState))
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class EventMaker:
    """One function, and the name of an event's class that it calls."""

    function: str
    event: str


def files() -> Iterator[Path]:
    """The product's modules."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not any(each in path.as_posix() for each in NOT_WRITERS):
                yield path


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@cache
def writers() -> Mapping[type[events.RunEvent], tuple[str, ...]]:
    """The functions that make each event, as dotted names."""
    kinds = {kind.__name__: kind for kind in events.KINDS.values()}
    found: dict[type[events.RunEvent], set[str]] = {kind: set() for kind in kinds.values()}
    for path in files():
        text = path.read_text(encoding="utf-8")
        if any(f"{name}(" in text for name in kinds):
            for each in made(ast.parse(text), dotted(path), frozenset(kinds)):
                found[kinds[each.event]].add(each.function)
    return {kind: tuple(sorted(names)) for kind, names in found.items()}


def made(tree: ast.AST, within: str, wanted: frozenset[str]) -> Iterator[EventMaker]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield from made(node, f"{within}.{node.name}", wanted)
            continue
        if isinstance(node, ast.Call) and name_of(node.func) in wanted:
            yield EventMaker(within, name_of(node.func))
        yield from made(node, within, wanted)


def name_of(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def changes(kind: type[events.RunEvent]) -> tuple[str, ...]:
    """The fields of the state that the event's fold may set, in the state's own order."""
    found = set(touched(FOLDS[kind].__name__, set()))
    return tuple(field for field in STATE if field in found)


def touched(name: str, seen: set[str]) -> Iterator[str]:
    """The names of fields in a fold's dictionaries, and in those of the functions that it calls or
    spreads.
    """
    if name in seen or name not in definitions():
        return
    seen.add(name)
    for node in ast.walk(definitions()[name]):
        if isinstance(node, ast.Constant) and node.value in STATE:
            yield str(node.value)
        elif isinstance(node, ast.Name):
            yield from touched(node.id, seen)


@cache
def meanings() -> Mapping[str, str]:
    """The fields of a run's state, each with its sentence in the code."""
    tree = ast.parse((ROOT / "runs/engine/state.py").read_text(encoding="utf-8"))
    state = next(
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == RunState.__name__
    )
    return {
        each.target.id: " ".join(cleandoc(str(after.value.value)).split())
        for each, after in pairwise(state.body)
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


@cache
def definitions() -> Mapping[str, ast.AST]:
    """Every function and constant of the modules that fold, by name."""
    found: dict[str, ast.AST] = {}
    for module in FOLD_MODULES:
        for node in ast.parse(
            ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
        ).body:
            found.update(dict.fromkeys(named(node), node))
    return found


def named(node: ast.stmt) -> Sequence[str]:
    if isinstance(node, FunctionNode):
        return [node.name]
    target = node.target if isinstance(node, ast.AnnAssign) else None
    return [target.id] if isinstance(target, ast.Name) and target.id != "FOLDS" else []
