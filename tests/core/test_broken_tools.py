"""A team's own tools when one is broken: it is named with its place, and the others work."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from django.apps import AppConfig

from runs import tool_checks
from runs.tools import broken_tools, registry
from runs.tools.broken_tools import NOTED, BrokenTool, NotedFaults, lacking
from runs.tools.parameters import BadTool

HEAD = """
    from runs.engine.vocabulary import Effect
    from runs.tools.registry import tool


    @tool(effect=Effect.READ)
    def first() -> int:
        \"\"\"One.\"\"\"
        return 1

"""
LAST = """
    @tool(effect=Effect.READ)
    def last() -> int:
        \"\"\"Nine.\"\"\"
        return 9
"""
NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def _own_table(no_tools: None) -> Iterator[None]:
    before = list(NOTED.found)
    yield
    NOTED.found[:] = before


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Loading"]:
    monkeypatch.syspath_prepend(tmp_path)
    loading = Loading(tmp_path, f"team{next(NUMBERS)}")
    yield loading
    for name in [each for each in sys.modules if each.split(".")[0] == loading.name]:
        del sys.modules[name]


class Loading:
    """An app of a team, whose tools are what its text says."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        (self.folder / "__init__.py").touch()

    def __call__(self, *parts: str) -> list[BrokenTool]:
        text = "".join(dedent(part) for part in parts)
        (self.folder / "tools.py").write_text(text)
        self.lines = text.splitlines()
        with NOTED.loading():
            registry.import_tools(AppConfig.create(self.name))
        return NOTED.found

    def line(self, said: str) -> int:
        return next(number for number, each in enumerate(self.lines, 1) if said in each)


BAD = {
    "silent": "@tool(effect=Effect.READ)\ndef silent() -> None: ...\n",
    "untyped": '@tool(effect=Effect.READ)\ndef untyped(n) -> None:\n    """Says no type."""\n',
    "Big": '@tool(effect=Effect.READ)\ndef Big() -> None:\n    """Has a bad name."""\n',
    "lost": '@tool(effect=Effect.READ)\ndef lost(n: "Nowhere") -> None:\n    """A lost type."""\n',
    "first": '@tool(effect=Effect.READ, name="first")\ndef again() -> None:\n    """Again."""\n',
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_tool_is_named_with_file_and_line_and_its_neighbours_work(
    load: Loading, name: str
) -> None:
    (found,) = load(HEAD, BAD[name], LAST)
    assert found.sentence.startswith(f"{name} is left out: ")
    assert not found.why.startswith(f"{name}: ")
    assert found.place == f"{load.name}/tools.py:{load.line(BAD[name].splitlines()[1]) - 1}"
    assert sorted(registry.REGISTRY) == ["first", "last"]
    assert registry.REGISTRY["last"]() == 9


def test_what_is_attached_to_a_broken_tool_goes_with_it(load: Loading) -> None:
    hook = "@silent.undo\ndef back() -> None: ...\n"
    (found,) = load(HEAD, BAD["silent"], hook, LAST)
    assert found.name == "silent"
    assert sorted(registry.REGISTRY) == ["first", "last"]


def test_a_tool_whose_undo_is_broken_is_no_tool_without_it(load: Loading) -> None:
    hook = "@first.undo\ndef back(order) -> None: ...\n"
    (found,) = load(HEAD, hook, LAST)
    assert found.name == "first"
    assert "no such thing as order" in found.sentence
    assert found.line == load.line("@first.undo")
    assert sorted(registry.REGISTRY) == ["last"]


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ("import not_there_at_all\n", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("raise SystemExit('not here')\n", "SystemExit: not here"),
        ("def broken(:\n", "SyntaxError: "),
        ("assert False\n", "AssertionError"),
    ],
)
def test_a_module_that_breaks_off_has_no_tools_at_all_since_hooks_may_be_missing(
    load: Loading, trouble: str, why: str
) -> None:
    (found,) = load(HEAD, trouble, LAST)
    assert found.sentence.startswith(f"{load.name}.tools.* is left out: {why}")
    assert found.line == load.line(trouble.strip())
    assert registry.REGISTRY == {}


def test_a_fault_deep_in_a_library_has_the_place_in_the_app_that_led_there(load: Loading) -> None:
    (found,) = load(HEAD, "import json\njson.loads('no')\n")
    assert found.place == f"{load.name}/tools.py:{load.line('json.loads')}"


def test_loading_anew_forgets_what_was_broken(load: Loading) -> None:
    load(HEAD, BAD["silent"])
    with NOTED.loading():
        pass
    assert NOTED.found == []


def test_a_broken_tool_is_an_exception_outside_of_the_loading_of_all() -> None:
    with pytest.raises(BadTool, match="no docstring"):
        NotedFaults().take("silent", BadTool("no docstring"), lambda: None)


def test_a_system_check_names_each_and_hinders_no_command(load: Loading) -> None:
    load(HEAD, BAD["silent"], BAD["untyped"])
    found = [each for each in tool_checks.left_out() if load.name in each.msg]
    assert [each.msg.split()[0] for each in found] == ["silent", "untyped"]
    assert not any(each.is_serious() for each in found)
    assert str(load.folder / "tools.py") in str(found[0].hint)


def test_a_path_is_told_from_where_python_imports_it(tmp_path: Path) -> None:
    assert broken_tools.short(str(tmp_path / "elsewhere.py")) == "elsewhere.py"
    assert broken_tools.short(__file__) == "tests/core/test_broken_tools.py"


def test_an_agent_misses_the_broken_tools_that_it_would_have_and_no_others() -> None:
    pay = BrokenTool("pay_bill", "it has no docstring", "/x/shop/tools.py", 3)
    whole = BrokenTool("shop.tools.*", "SyntaxError", "/x/shop/tools.py", 9)
    known = {"look"}
    assert lacking(["pay_*"], known, [pay, whole]) == [pay.sentence]
    assert lacking(["look"], known, [pay, whole]) == []
    assert lacking(["look", "send"], known, [pay, whole]) == [whole.sentence]
    assert lacking(["time.get_*"], known, [pay, whole]) == []
