"""What the documentation names exists: commands, settings, functions, files, event kinds, words."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from console.docs import catalogue, contents, drawing, markdown, reasons, source
from runs.engine import events as e
from runs.engine.events.meanings import ENVELOPE, MEANINGS
from runs.engine.fold import START, fold
from runs.engine.moves import MOVES
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import StopReason
from runs.runtime import run_ledger
from runs.simulation import histories
from tests.core.test_histories import READABLE, recorded

ROOT = Path(__file__).parents[2]
OWN = sorted((ROOT / "console/docs").glob("*.md"))
FILES = [*OWN, ROOT / "README.md", *sorted((ROOT / ".github").glob("*.md"))]
PAGES = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
ROOMS = ("approvals", "console", "policies", "runs")
TOPS = (*ROOMS, "tests", "templates", "static", r"\.ci", r"\.github")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
FILE = re.compile(rf"(?<![\w./-])(?:{'|'.join(TOPS)})/[\w./-]*")
DOTTED = re.compile(rf"(?<![\w./-])(?:{'|'.join(ROOMS)})(?:\.\w+)+")
COMMAND = re.compile(r"(?:manage\.py|python -m django) ([a-z_]+)([^#\n`;]*)")
SETTING = re.compile(r"\bSIGNALBOX_[A-Z_]+\b")
SHORT = re.compile(r"\b([A-Za-z_]+)\.([a-z_]+)\b")
MORE_KINDS = re.compile(r"[a-z]+\.(?:added|changed|deleted)|admin\.\w+")
BY_ITSELF = {"status", "phase_at", "active", "clock_since", "seen_at"}
"""What `fold` and the run's clock set with any event."""
GLOSSARY = re.compile(r"^\| ([a-z][^|]+?) \| ([^|]+) \|$", re.MULTILINE)


def said(file: Path) -> str:
    """The page's code: what stands between backticks, and what stands in a block."""
    text = file.read_text()
    return "\n".join(
        [*(body for _, body in FENCE.findall(text)), *SPAN.findall(FENCE.sub("", text))]
    )


@cache
def code() -> str:
    """All of the product's source text, documentation aside."""
    files = [path for path in source.files() if "console/docs/" not in path.as_posix()]
    pages = (ROOT / "templates").rglob("*.html")
    rest = [ROOT / "manage.py", *pages]
    return "\n".join(path.read_text() for path in [*files, *rest])


def resolved(name: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        if is_module(".".join(parts[:cut])):
            found: Any = import_module(".".join(parts[:cut]))
            for part in parts[cut:]:
                found = held(found, part)
            return found is not None
    return False


def is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def held(found: Any, name: str) -> Any:
    return getattr(found, name, None) or getattr(found, "__annotations__", {}).get(name)


@PAGES
def test_every_function_and_module_that_is_named_exists(file: Path) -> None:
    names = {name for name in DOTTED.findall(said(file)) if not name.endswith((".md", ".py"))}
    assert [name for name in sorted(names) if not resolved(name)] == []


@PAGES
def test_every_file_that_is_named_exists(file: Path) -> None:
    names = set(FILE.findall(said(file)))
    assert [name for name in sorted(names) if not (ROOT / name.rstrip("."))] == []
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []


@PAGES
def test_every_link_leads_somewhere(file: Path) -> None:
    links = [link for link in LINK.findall(file.read_text()) if "://" not in link]
    assert [link for link in links if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_a_link_between_pages_names_a_page_and_a_heading_of_it(file: Path) -> None:
    page = contents.find(file.stem)
    assert page is not None
    for slug, anchor in re.findall(r"\]\(([a-z-]+)\.md(?:#([\w-]+))?\)", page.text()):
        other = contents.find(slug)
        assert other is not None, slug
        anchors = {each.anchor for each in markdown.rendered(other.text()).headings}
        assert not anchor or anchor in anchors, (slug, anchor)


@PAGES
def test_every_command_with_its_options_can_be_given(file: Path) -> None:
    for name, rest in COMMAND.findall(said(file)):
        assert name in get_commands(), name
        parser = load_command_class(str(get_commands()[name]), name).create_parser(
            "manage.py", name
        )
        words = rest.split()
        known = option_strings(parser)
        assert [word for word in words if word.startswith("--") and word not in known] == [], name


def option_strings(parser: Any) -> set[str]:
    """Those of the command and of whatever it has below it."""
    found: set[str] = set()
    for action in parser._actions:
        found.update(action.option_strings)
        for below in (action.choices or {}).values() if hasattr(action, "_name_parser_map") else ():
            found |= option_strings(below)
    return found


@PAGES
def test_every_setting_is_read_somewhere(file: Path) -> None:
    names = set(SETTING.findall(file.read_text()))
    assert [name for name in sorted(names) if f'"{name}"' not in code()] == []


def test_every_setting_that_is_read_stands_on_the_page_of_settings() -> None:
    among_processes = set("LIFE PULSE GATE READY_FILE PRIVATE INSTALL_BROWSER RECORDER".split())
    wanted = set(re.findall(r'"SIGNALBOX_([A-Z_]+[A-Z])"', code())) - among_processes
    page = (ROOT / "console/docs/settings.md").read_text()
    assert [name for name in sorted(wanted) if f"`SIGNALBOX_{name}`" not in page] == []


@cache
def short_names() -> dict[str, set[str]]:
    """What can be called as `machine.next_effect` or `Supervised.reserve`, by module and class."""
    found: dict[str, set[str]] = {}
    for path in source.files():
        tree = ast.parse(path.read_text())
        found.setdefault(path.stem, set()).update(names_in(tree.body))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, set()).update(names_in(node.body))
    return found


def names_in(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
def test_what_a_drawing_names_in_short_exists(file: Path) -> None:
    drawn = "\n".join(body for kind, body in FENCE.findall(file.read_text()) if kind == "text")
    for owner, name in SHORT.findall(drawn):
        assert f"{owner}.{name}" in e.KINDS or name in short_names().get(owner, ()), (owner, name)


def test_every_kind_of_event_that_is_named_is_written_by_somebody() -> None:
    families = {kind.split(".")[0] for kind in e.KINDS} | {"approval", "auth", "halt", "breaker"}
    for file in OWN:
        for kind in re.findall(r"`([a-z]+\.[a-z_]+)`", file.read_text()):
            known = kind in e.KINDS or kind in house_kinds() or MORE_KINDS.fullmatch(kind)
            assert known or kind.split(".")[0] not in families, (file.name, kind)


@cache
def house_kinds() -> frozenset[str]:
    """Kinds that no run's fold reads: what is handed to whoever notes it, and what can be put
    together of a verb.
    """
    found = set(re.findall(r'"((?:[a-z]+)\.(?:[a-z_]+))"', code()))
    return frozenset(found | {"halt.pulled", "halt.released"})


def test_every_kind_that_somebody_notes_is_in_the_catalogue() -> None:
    page = (ROOT / "console/docs/events.md").read_text()
    noted = {
        str(word.value.value)
        for path in source.files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and source.name_of(node.func) in ("note", "JournalRecord")
        for word in node.keywords
        if word.arg == "kind" and isinstance(word.value, ast.Constant)
    }
    assert len(noted) > 10
    assert [kind for kind in sorted(noted) if f"`{kind}`" not in page and kind not in e.KINDS] == []


def test_every_kind_has_its_writer_and_what_it_changes() -> None:
    for kind in e.KINDS.values():
        assert source.writers()[kind], kind.kind
    assert "control" in source.changes(e.KillRequested)
    assert {"history", "context", "lost", "queue", "usd"} <= set(source.changes(e.StepPlanned))
    assert source.changes(e.RunBriefed) == ()


@pytest.mark.parametrize("name", READABLE)
def test_a_fold_changes_nothing_that_the_catalogue_does_not_name(name: str) -> None:
    """Recorded runs are folded, and what differs after each event is held against the page."""
    state = START
    for _, event in run_ledger.numbered(histories.stored(recorded(name)["rows"])):
        after = fold(state, event)
        differs = {each for each in source.STATE if getattr(after, each) != getattr(state, each)}
        assert differs <= {*source.changes(type(event)), *BY_ITSELF}, event.kind
        state = after


def test_every_field_of_an_event_has_its_meaning_and_no_meaning_is_left_over() -> None:
    names = {field.name for kind in e.KINDS.values() for field in fields(kind)}
    assert {*MEANINGS, *ENVELOPE} == names
    assert all(said.endswith(".") for said in (*MEANINGS.values(), *ENVELOPE.values()))


def test_the_catalogue_holds_every_kind_and_every_field() -> None:
    text = catalogue.events()
    for kind in e.KINDS:
        assert f"### {kind}\n" in text
    assert text.count("### ") == len(e.KINDS)


def test_the_drawing_holds_every_arrow_of_the_table() -> None:
    drawn = drawing.transitions()
    for (old, kind), new in MOVES.items():
        if old is not new:
            part = drawn.split(f"\n{old}", 1)[1]
            assert re.search(rf"▶ {new}\b.*\b{re.escape(kind.kind)}\b", part), (old, kind, new)


def test_every_stop_reason_says_what_it_means_and_what_to_do() -> None:
    text = reasons.stop_reasons()
    for reason in StopReason:
        told = EXPLANATIONS[reason]
        assert told.sentence in text
        assert told.remedy.endswith(".")
        assert told.remedy in text


def words() -> list[tuple[str, str]]:
    return GLOSSARY.findall((ROOT / "console/docs/glossary.md").read_text())


def test_the_glossary_is_short_in_order_and_each_word_has_one_sentence() -> None:
    assert 30 <= len(words()) <= 40
    assert [word for word, _ in words()] == sorted(word for word, _ in words())
    for word, sentence in words():
        assert len(re.findall(r"[.?!](?:\s|$)", sentence)) == 1, word


def test_the_words_of_the_glossary_are_those_of_code_and_screen() -> None:
    text = re.sub(r"[\s_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code())).lower()
    assert [word for word, _ in words() if word not in text] == []
