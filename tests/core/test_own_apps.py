"""A team's own apps: found from the folder where the command was given, with what they need, and
left out by name when they cannot be imported.
"""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from console.stack import bootstrap, own_apps, usable_apps
from console.stack.child import Child
from console.stack.own_apps import SourceWatch
from console.stack.service import StackService
from runs.tools import broken_tools, registry
from runs.tools.broken_tools import NOTED
from tests.patience import PATIENCE

NUMBERS = itertools.count()


@pytest.fixture
def team(tmp_path: Path) -> Iterator[str]:
    """A package `team….agents` in the folder, forgotten by Python afterwards."""
    name = f"ownteam{next(NUMBERS)}"
    (tmp_path / name / "agents").mkdir(parents=True)
    for part in (name, f"{name}/agents"):
        (tmp_path / part / "__init__.py").touch()
    path = list(sys.path)
    yield name
    sys.path[:] = path
    for module in [each for each in sys.modules if each.split(".")[0] == name]:
        del sys.modules[module]


def given(team: str, folder: Path) -> dict[str, str]:
    environment = {own_apps.APPS: f" {team}.agents, "}
    own_apps.remember(environment, folder)
    return environment


def test_the_folder_is_noted_once_and_only_for_those_who_have_apps(tmp_path: Path) -> None:
    bare: dict[str, str] = {}
    own_apps.remember(bare, tmp_path)
    assert bare == {}
    environment = given("shop", tmp_path)
    own_apps.remember(environment, tmp_path / "elsewhere")
    assert environment[own_apps.FOLDER] == str(tmp_path)


def test_the_folder_is_last_on_the_path_and_there_once(tmp_path: Path, team: str) -> None:
    for _ in range(2):
        own_apps.make_importable(given(team, tmp_path))
    assert sys.path[-1] == str(tmp_path)
    assert sys.path.count(str(tmp_path)) == 1


def test_requirements_of_an_app_and_of_its_project_are_found_and_nobody_elses(
    tmp_path: Path, team: str
) -> None:
    project = tmp_path / team
    for folder in (tmp_path.parent, tmp_path, project / "agents"):
        (folder / "requirements.txt").write_text("stripe==1\n")
    assert own_apps.needs(given(team, tmp_path)) == [
        project / "agents" / "requirements.txt",
        tmp_path / "requirements.txt",
    ]
    assert own_apps.needs({}) == []


def test_the_consoles_own_requirements_are_nobody_elses() -> None:
    environment = given("tests", own_apps.ROOT)
    environment[own_apps.APPS] = "tests.fire.shop"
    assert own_apps.folders(environment) == [own_apps.ROOT / "tests" / "fire" / "shop"]
    assert own_apps.needs(environment) == []


@pytest.mark.parametrize("there", [True, False])
def test_what_an_app_needs_is_installed_once_and_hinders_nobody_when_it_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("stripe==1\n")
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "STAMPS", tmp_path)

    def done(command: list[str]) -> bool:
        commands.append(command)
        return there

    monkeypatch.setattr(bootstrap, "_done", done)
    for _ in range(2):
        bootstrap._install_own(file)
    assert len(commands) == (1 if there else 2)
    assert commands[0][-4:] == [
        "-r",
        str(file),
        *("-c", ".constraints.txt"),
    ]
    file.write_text("stripe==2\n")
    bootstrap._install_own(file)
    assert len(commands) == (2 if there else 3)


def test_an_app_that_cannot_be_imported_is_left_out_and_the_others_are_installed(
    tmp_path: Path, team: str
) -> None:
    own_apps.make_importable(given(team, tmp_path))
    (tmp_path / team / "torn.py").write_text("1 / 0\n")
    names = [f"{team}.nowhere", f"{team}.agents", f"{team}.torn", f"{team}.agents"]
    found = usable_apps.sieved(names, ["django.contrib.admin"])
    assert found.installed == (f"{team}.agents",)
    assert [(name, type(error).__name__) for name, error in found.left_out] == [
        (f"{team}.nowhere", "ModuleNotFoundError"),
        (f"{team}.torn", "ZeroDivisionError"),
    ]


def test_two_apps_of_one_label_are_one_too_many(tmp_path: Path, team: str) -> None:
    own_apps.make_importable(given(team, tmp_path))
    found = usable_apps.sieved([f"{team}.agents"], ["somebody.agents"])
    assert found.installed == ()
    assert "labelled 'agents' already" in str(found.left_out[0][1])


def test_an_app_that_is_left_out_is_named_with_the_tools(
    tmp_path: Path, team: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_apps.make_importable(given(team, tmp_path))
    torn = tmp_path / team / "agents" / "__init__.py"
    torn.write_text("\n1 / 0\n")
    monkeypatch.setattr(settings, "OWN_APPS", usable_apps.sieved([f"{team}.agents"], []))
    monkeypatch.setattr(NOTED, "found", [])
    registry._import_all.__wrapped__()
    (found,) = registry.broken()
    assert found.name == f"{team}.agents.*"
    assert found.why == "ZeroDivisionError: division by zero"
    assert found.place == f"{team}/agents/__init__.py:2"


CHECK = "import django; django.setup(); from django.core.management import call_command as c; "
MODELS = """from django.db import models


class Parcel(models.Model):
    pass


class Torn(models.Model):
    weight = models.NoSuchField()
"""
TOOLS = """from runs.engine.vocabulary import Effect
from runs.tools.registry import tool


@tool(effect=Effect.READ)
def weigh() -> int:
    \"\"\"Weigh.\"\"\"
    return 2
"""
SHOWN = (
    "from django.apps import apps; from runs.tools import registry; c('check'); "
    "print('weigh' in registry.discover(), [m.__name__ for m in apps.get_app_config("
    "'agents').get_models()], [each.place for each in registry.broken()])"
)


def told(team: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a fresh console with the team's app says of it."""
    known = {**os.environ, **given(team, folder), "DJANGO_SETTINGS_MODULE": "console.settings"}
    command = [sys.executable, "-c", CHECK + SHOWN]
    return subprocess.run(
        command, cwd=own_apps.ROOT, env=known, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("models", "why", "line"),
    [
        (MODELS, "AttributeError: module 'django.db.models' has no attribute 'NoSuchField'", 9),
        ("from django.db import (\n", "SyntaxError: '(' was never closed", 1),
        ("import sys\nsys.exit('no licence')\n", "SystemExit: no licence", 2),
    ],
)
def test_tables_that_cannot_be_loaded_are_named_with_file_and_line_and_the_rest_works(
    tmp_path: Path, team: str, models: str, why: str, line: int
) -> None:
    agents = tmp_path / team / "agents"
    (agents / "models.py").write_text(models)
    (agents / "tools.py").write_text(TOOLS)
    done = told(team, tmp_path)
    assert done.returncode == 0, done.stderr
    place = f"{team}/agents/models.py:{line}"
    assert done.stdout.splitlines()[-1] == f"True [] ['{place}']"
    assert why in done.stderr
    assert place in done.stderr
    assert "Traceback" not in done.stderr


def test_an_app_that_is_nowhere_has_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert broken_tools.folder_of("no_such.agents") == Path("no_such/agents")
    assert broken_tools.folder_of("tests.fire") == own_apps.ROOT / "tests" / "fire"


def test_a_change_of_the_code_is_seen_once(tmp_path: Path, team: str) -> None:
    tools = tmp_path / team / "agents" / "tools.py"
    watch = SourceWatch(own_apps.folders(given(team, tmp_path)))
    assert watch.changed() == ""
    tools.write_text("A = 1\n")
    assert watch.changed() == str(tools)
    assert watch.changed() == ""
    os.utime(tools, ns=(1, 1))
    assert watch.changed() == str(tools)
    tools.unlink()
    assert watch.changed() == str(tools)


def test_environments_hidden_folders_and_other_files_are_not_watched(tmp_path: Path) -> None:
    for folder in (".venv", "__pycache__", "node_modules", "deep/er"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "code.py").touch()
    (tmp_path / "notes.txt").touch()
    assert list(own_apps.sources([tmp_path])) == [str(tmp_path / "deep/er/code.py")]


def test_a_child_that_is_renewed_starts_at_once_and_has_not_died(tmp_path: Path) -> None:
    said: list[str] = []
    command = (sys.executable, "-c", "import signal; signal.pause()")
    child = Child(
        "worker",
        lambda: StackService("worker", command, ready=lambda: True, folder=tmp_path),
        said.append,
        said.append,
    )
    child.start(0.0)
    first = child.process
    child.renew()
    assert isinstance(first, subprocess.Popen)
    first.wait(PATIENCE)
    child.died(1.0)
    assert child.start_when_due(1.0)
    assert child.process is not first
    child.destroy()
    assert child.process is not None
    child.process.wait(PATIENCE)
    child.died(2.0)
    assert [sentence.partition("(")[0] for sentence in said] == ["worker ended "]


@pytest.mark.parametrize(
    ("demo", "private", "offered"),
    [(True, False, True), (False, False, False), (False, True, True)],
)
def test_the_demos_tools_are_there_where_its_company_is(
    monkeypatch: pytest.MonkeyPatch, demo: bool, private: bool, offered: bool
) -> None:
    monkeypatch.setattr(settings, "DEMO", demo)
    monkeypatch.setattr(settings, "PRIVATE", private)
    imported: list[str] = []
    monkeypatch.setattr(registry, "import_tools", lambda app: imported.append(app.name))
    registry._import_all.__wrapped__()
    assert ("runs.demo" in imported) is offered
