"""Nothing in the product asks the host what time it is: one module knows the database's time, and
everybody asks that.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROOMS = ("console", "policies", "runs", "approvals")
THEIR_OWN = (
    "console/journal/database_clock.py",
    "console/bench/",
    "console/chaos/",
    "console/evaluate/",
    "console/stack/console_output.py",
)
"""The clock itself, what measures the product or plays with it, and the stamps of the launcher's
own lines.
"""
WALL = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("timezone", "now"),
    ("timezone", "localtime"),
    ("timezone", "localdate"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "gmtime"),
    ("time", "localtime"),
    ("time", "strftime"),
    ("time", "ctime"),
}
DELAYED = {"countdown", "eta", "expires", "auto_now", "auto_now_add"}
"""Arguments by which Celery or Django read the host's clock for us."""


def asks(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (name := (last(node.value), node.attr)) in WALL:
            yield f"{node.lineno}: {'.'.join(name)}"
        elif isinstance(node, ast.ImportFrom) and node.module in ("time", "django.utils.timezone"):
            yield from (
                f"{node.lineno}: from {node.module} import {each.name}"
                for each in node.names
                if ("time", each.name) in WALL
            )
            yield from (
                f"{node.lineno}: from {node.module} import now"
                for each in node.names
                if each.name == "now"
            )
        elif isinstance(node, ast.Call):
            yield from (
                f"{node.lineno}: {each.arg}=" for each in node.keywords if delays(node, each)
            )


def delays(call: ast.Call, keyword: ast.keyword) -> bool:
    """`expires` is also an ordinary word; of a message that is sent it is a time."""
    sends = last(call.func) in {"apply_async", "send_task", "retry", "signature"}
    return keyword.arg in DELAYED and (sends or str(keyword.arg).startswith("auto_now"))


def last(node: ast.expr) -> str:
    return (
        node.attr
        if isinstance(node, ast.Attribute)
        else node.id
        if isinstance(node, ast.Name)
        else ""
    )


def modules() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((HOUSE / room).rglob("*.py")):
            name = path.relative_to(HOUSE).as_posix()
            if "/migrations/" not in name and not name.startswith(THEIR_OWN):
                yield name


def test_no_module_of_the_product_reads_the_hosts_clock() -> None:
    found = {name: list(asks(ast.parse((HOUSE / name).read_text()))) for name in modules()}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "at = datetime.now(UTC)",
        "at = datetime.datetime.now()",
        "at = timezone.now()",
        "default = timezone.now",
        "at = time.time()",
        "from time import time",
        "from django.utils.timezone import now",
        "task.apply_async((), countdown=3)",
        "field = DateTimeField(auto_now_add=True)",
    ],
)
def test_each_way_to_read_it_is_found(line: str) -> None:
    assert list(asks(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "at = clock.now()",
        "started = time.monotonic()",
        "Line(expires='now')",
        "datetime.fromisoformat(text)",
    ],
)
def test_other_clocks_are_nobodys_business(line: str) -> None:
    assert not list(asks(ast.parse(line)))
