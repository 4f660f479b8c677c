"""`policies` is cut by noun: a folder holds a noun's tables, admin, rules and words.

Few arrows run between the folders, and what decides in them is held to be pure.
"""

import ast
import configparser
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

import policies

ROOT = Path(policies.__file__).parent
KINDS = frozenset(
    "admin checks dataclasses errors exceptions forms helpers managers models queries rules"
    " selectors services signals tasks types utils views".split()
)
MOST_ROOMS = 30
MOST_ARROWS = 82


def imported(written: ast.Module) -> Iterator[str]:
    """The dotted names that a module imports, each with the name that is taken from it."""
    for node in ast.walk(written):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


def imports() -> Mapping[str, frozenset[str]]:
    """By the dotted name of every module of `policies`, what it imports."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = frozenset(imported(ast.parse(path.read_text())))
    return found


IMPORTS = imports()


def room_of(name: str) -> str | None:
    """The module or folder right below `policies` in which a dotted name stands."""
    parts = name.split(".")
    return parts[1] if parts[0] == "policies" and len(parts) > 1 else None


ROOMS = {room for room in map(room_of, IMPORTS) if room}
ARROWS = {
    (here, there)
    for module, names in IMPORTS.items()
    for here, there in ((room_of(module), room_of(name)) for name in names)
    if here in ROOMS and there in ROOMS and here != there
}


def closure(reached: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """What each reaches, also by way of others."""
    for _ in reached:
        wider = {
            one: on.union(*(reached.get(each, frozenset()) for each in on))
            for one, on in reached.items()
        }
        if wider == reached:
            break
        reached = wider
    return reached


def test_policies_are_few_rooms_with_few_arrows_between_them() -> None:
    assert 10 < len(ROOMS) <= MOST_ROOMS, sorted(ROOMS)
    assert 10 < len(ARROWS) <= MOST_ARROWS, sorted(ARROWS)


def test_no_room_of_policies_imports_itself_by_way_of_others() -> None:
    reached = closure({room: frozenset(b for a, b in ARROWS if a == room) for room in ROOMS})
    assert [room for room, on in reached.items() if room in on] == []


def test_no_folder_of_policies_is_named_after_a_kind() -> None:
    folders = {path.parent.name for path in ROOT.rglob("*.py")}
    assert folders >= {"budgets", "gate", "migrations"}
    assert folders & KINDS == set()


def test_nobody_reads_tables_or_admin_of_a_noun_elsewhere_than_with_the_noun() -> None:
    """Django looks for them in `policies.models` and `policies.admin`; nobody else needs to."""
    assert {here for here, there in ARROWS if there in {"models", "admin"}} == set()


def contract(key: str) -> list[str]:
    """What the contract of the pure packages says, name for name."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT.parent / ".importlinter")
    return contracts["importlinter:contract:pure"][key].split()


PURE = contract("source_modules")
IMPURE = frozenset(contract("forbidden_modules"))


def fits(module: str, named: str) -> bool:
    """Whether a module is the one that is named, or stands inside it."""
    parts, wanted = module.split("."), named.split(".")
    return len(parts) >= len(wanted) and all(map(fnmatch, parts, wanted))


def module_of(name: str) -> str:
    """The module of `policies` from which a name is taken; any other import as it stands."""
    own = name.startswith("policies.") and name not in IMPORTS
    return name.rpartition(".")[0] if own else name


def impure(name: str) -> bool:
    """Whether an import brings in what no pure module may know."""
    app = name.partition(".")[0]
    return app in IMPURE or (app == "console" and not any(fits(name, each) for each in PURE))


def test_whatever_could_be_pure_is_held_to_it_by_the_contract() -> None:
    modules = {module: frozenset(map(module_of, names)) for module, names in IMPORTS.items()}
    could_be = {one for one, on in closure(modules).items() if on and not any(map(impure, on))}
    assert could_be >= {"policies.gate.rules", "policies.budgets.check", "policies.patterns"}
    assert {each for each in could_be if not any(fits(each, named) for named in PURE)} == set()
