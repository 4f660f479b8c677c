"""One name, one thing: a module's name occurs once, and so does the name of a public class, of an
alias of a type, and of JSON's own.
"""

import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("approvals", "console", "policies", "runs")
TYPE = re.compile(r"[A-Z][a-z]\w*\Z")

DJANGOS_MODULES = frozenset(
    {"admin", "apps", "migrations", "models", "tasks", "urls", "views", "0001_tables"}
)
"""Django and Celery look for them under these names, in each app."""
CONVENTIONS = frozenset({"rows", "rules", "selectors", "services", "tools", "words"})
"""What a noun or an app keeps under the same name as its neighbours: its rows, rules and words in
policies, its services and selectors, and the `tools` that the registry looks for in each app.
"""
CALLED_BY_NAME = ("console/bench/", "console/evaluate/", "console/management/commands/")
"""Commands, and what they run: each is called on the command line by the name of what it is about,
so it bears the name of that module or package.
"""
DJANGOS_CLASSES = frozenset({"Command", "Migration"})
"""Django looks for them under these names."""
TABLES = frozenset({"Grant"})
"""Tables of two apps, `approvals.Grant` and `policies.Grant`: their names are in the names of their
columns' constraints, in permissions and in the admin's addresses, which do not change.
"""


def files() -> list[str]:
    told = subprocess.run(
        ["git", "ls-files", "-z", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return sorted(path for path in told.stdout.split("\0") if path.endswith(".py"))


def module_of(path: str) -> str:
    """The name by which a file is imported: a package's for its `__init__`."""
    place = Path(path)
    return place.parent.name if place.name == "__init__.py" else place.stem


def modules(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each module's name and file, but for those that share a name by convention."""
    for path in paths:
        free = path.startswith(CALLED_BY_NAME) and not path.endswith("__init__.py")
        if not free and module_of(path) not in DJANGOS_MODULES | CONVENTIONS:
            yield module_of(path), path


def types_in(tree: ast.Module) -> Iterator[str]:
    """Public classes and aliases of types at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id


def types(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        for name in types_in(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if TYPE.match(name) and name not in DJANGOS_CLASSES:
                yield name, path


def repeated(named: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    """Names that stand for more than one thing, with where each is."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return {name: where for name, where in places.items() if len(where) > 1}


def test_a_modules_name_occurs_once() -> None:
    assert repeated(modules(files())) == {}


def test_a_types_name_occurs_once() -> None:
    found = repeated(types(files()))
    assert {name: where for name, where in found.items() if name not in TABLES} == {}


def test_there_is_one_name_for_what_json_can_say() -> None:
    assert [path for name, path in types(files()) if name == "Json"] == ["console/json_value.py"]


@pytest.mark.parametrize(
    ("free", "of"),
    [
        (DJANGOS_MODULES | CONVENTIONS, lambda: ((module_of(path), path) for path in files())),
        (TABLES, lambda: types(files())),
    ],
)
def test_no_name_is_excused_that_occurs_once(
    free: frozenset[str], of: Callable[[], Iterable[tuple[str, str]]]
) -> None:
    """The lists of what may be shared only ever grow shorter."""
    assert free - set(repeated(of())) == set()
    assert len(free) <= {True: 14, False: 1}["admin" in free]


def test_a_second_module_of_one_name_is_noticed() -> None:
    planted = ["runs/engine/calls.py", "runs/reading/calls.py", "runs/views.py", "console/views.py"]
    assert repeated(modules(planted)) == {"calls": planted[:2]}


def test_a_package_and_a_module_of_one_name_are_noticed() -> None:
    planted = ["policies/gate/__init__.py", "approvals/gate.py", "console/bench/gate.py"]
    assert repeated(modules(planted)) == {"gate": planted[:2]}


def test_an_alias_and_a_class_of_one_name_are_noticed() -> None:
    planted = ast.parse("class Row: ...\nRow = tuple[str, ...]\n_Row = int\nROW = 1\n")
    found = ((name, "here") for name in types_in(planted) if TYPE.match(name))
    assert repeated(found) == {"Row": ["here", "here"]}
