"""Every room of the house says what rests on what, of each of its modules."""

import configparser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = "layers"


def contracts() -> list[configparser.SectionProxy]:
    found = configparser.ConfigParser()
    found.read(ROOT / ".importlinter")
    return [found[name] for name in found.sections() if name.startswith("importlinter:contract:")]


def of_room(room: str) -> configparser.SectionProxy:
    (found,) = [each for each in contracts() if each.get("containers", "").split() == [room]]
    return found


def named(room: str) -> list[str]:
    return of_room(room)[LAYERS].replace("|", " ").split()


def modules(room: str) -> set[str]:
    folder = ROOT / room
    files = {each.stem for each in folder.glob("*.py")} - {"__init__"}
    return files | {each.parent.name for each in folder.glob("*/__init__.py")}


@pytest.mark.parametrize("room", ["console", "runs", "policies", "approvals"])
def test_every_module_of_a_room_has_its_one_floor(room: str) -> None:
    assert of_room(room)["exhaustive"] == "True"
    assert sorted(named(room)) == sorted(modules(room))


@pytest.mark.parametrize("room", ["console", "runs", "policies", "approvals"])
def test_modules_of_one_floor_do_not_lean_on_each_other(room: str) -> None:
    assert ":" not in of_room(room)[LAYERS]


def test_no_worker_rests_on_what_runs_in_a_tool_process() -> None:
    floors = of_room("runs")[LAYERS].strip().splitlines()
    place = {name: floor for floor, line in enumerate(floors) for name in line.split()}
    for worker in ("runtime", "tools", "toolprocess"):
        assert place["toolserver"] < place[worker]
