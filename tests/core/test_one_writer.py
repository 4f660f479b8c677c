"""A request's row is written by one module: what may become of it can be read in one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITER = ROOT / "approvals/request_row.py"
FILES = sorted(
    path
    for room in ("console", "runs", "policies", "approvals")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts and path != WRITER
)
SQL = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) approvals_request\b")
WRITES = frozenset("bulk_create bulk_update create delete get_or_create save update".split())
FIELDS = frozenset("act args decided_by due expires_at group note quorum stage status".split())


def written(source: str) -> Iterator[int]:
    """The lines that write a request: by SQL, by its manager, by saving one or setting a field."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if SQL.search(text):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=of, attr=name)) if name in WRITES:
                if re.match(r"Request\.objects|(?:taken\.)?request$", ast.unparse(of)):
                    yield node.lineno
            case ast.Attribute(value=ast.Name(id="request"), attr=name, ctx=ast.Store()):
                if name in FIELDS:
                    yield node.lineno


def test_only_one_module_writes_the_row_of_a_request() -> None:
    found = {str(path.relative_to(ROOT)): [*written(path.read_text())] for path in FILES}
    assert {path: lines for path, lines in found.items() if lines} == {}
    assert len([*written(WRITER.read_text())]) > 10


@pytest.mark.parametrize(
    "line",
    [
        "END = 'UPDATE approvals_request SET status = %s'",
        "Request.objects.filter(pk=1).update(note='')",
        "taken.request.save()",
        "request.status = 'closed'",
    ],
)
def test_a_second_writer_would_be_found(line: str) -> None:
    assert [*written(line)] == [1]
