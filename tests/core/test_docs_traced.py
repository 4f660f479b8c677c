"""The instructions for adding something, tried on what was added before: each file they name knows
of it, and nothing that stands where it is told to an operator is left out. And how far a stranger
has to go.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from console.docs import contents
from tests.core.test_docs_true import DOTTED, FILE, LINK, ROOT, said

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
STEP = re.compile(r"^\d+\. .*(?:\n   .*)*", re.MULTILINE)
MOST_HOPS = 3
ADDED: Mapping[str, str] = {
    "A tool": r"issue_refund|def tool\b|class ToolError",
    "A page": r"breakers|policies",
    "A permission": r"decide_request",
    "A JSON column that people edit": r"RowShape|CRITERIA",
    "A column of the fleet": r"(?i)tokens",
    "A stop reason": r"DRIFTED|CRASH_LOOP|PRINCIPAL_GONE",
    "A kind of decision": r"\b(ASK|PAUSE)\b|DecisionKind",
    "A kind of event": r"CallLookedUp|call\.looked_up|looked_up",
    "A channel for notifications": r"(?i)webhook",
    "A policy rule": r"circuit|breaker",
}
"""Under each heading, how something that was added before is called in the code."""
GENERAL: Mapping[str, frozenset[str]] = {
    "A page": frozenset(("console/permits.py", "static/css/console.css")),
    "A permission": frozenset(("tests/doors/stage.py",)),
    "A stop reason": frozenset(
        ("static/icons.svg", "runs/engine/compensation.py", "runs/reading/redaction.py")
    ),
    "A kind of event": frozenset(
        (
            "runs/engine/events/meanings.py",
            "runs/engine/codec.py",
            "runs/engine/fold_runs.py",
            "runs/engine/fold_steps.py",
            "runs/engine/fold_undo.py",
            "runs/engine/fold_decisions.py",
            "runs/engine/fold_findings.py",
            "console/pages/audit_words.py",
        )
    ),
    "A kind of decision": frozenset(("approvals/rules/",)),
    "A channel for notifications": frozenset(
        (
            "console/outside/addresses.py",
            "approvals/rules/request_changes.py",
            "approvals/rules/run_news.py",
        )
    ),
    "A policy rule": frozenset(
        (
            "policies/",
            "policies/migrations/",
            "console/journal/editing.py",
            "policies/current/revision.py",
            "policies/current/policy_admin.py",
            "policies/current/policy_table.py",
        )
    ),
}
"""Files that are named for what only some additions need."""
QUESTIONS: Mapping[str, tuple[str, str]] = {
    "Where is the statement that appends?": ("console/journal/statement.py", "def statement"),
    "How do I add a stop reason?": ("policies/decision.py", "class StopReason"),
    "How do I add a column to the fleet?": ("console/templatetags/fleet_cells.py", "data-cell"),
    "How do I add a kind of decision?": ("policies/decision.py", "class DecisionKind"),
    "How do I add a channel?": ("approvals/models/channel.py", "class Kinds"),
    "How do I add a provider?": ("runs/planners/endpoint.py", "class Wire"),
    "How do I add a page?": ("console/urls.py", "path("),
    "How is a kill asked for?": ("runs/verb_views.py", "def run_kill"),
    "Where is a kill written down?": ("runs/services.py", "def kill"),
    "Who cuts off the call in flight?": ("runs/runtime/handles.py", "def halt"),
    "What clears up after a kill?": ("runs/engine/killing.py", "def next_effect"),
    "Where may a status go from here?": ("runs/engine/moves.py", "MOVES"),
    "Who may see which page?": ("console/doors/doors.txt", "runs.view_run"),
    "How is a chain proved by hand?": ("console/docs/journal-format.md", "digest"),
    "How do I add a rule?": ("policies/current/policy_table.py", "class OrderedPolicy"),
    "What becomes of a lost worker's calls?": ("runs/engine/fold_runs.py", "def leased"),
    "Who gives a lost worker's leases up?": ("runs/runtime/losses.py", "def of_owner"),
    "Where are a run's own limits checked?": ("runs/engine/limits.py", "def may_plan"),
    "Where is a shared budget drawn on?": ("runs/supervision/shared_budgets.py", "def draw"),
    "What holds an answer back?": ("approvals/services/holding.py", "def hold"),
    "Where does an answer become an event?": ("approvals/services/ending.py", "def finish"),
    "What erases content?": ("console/journal/migrations/0002_append_only.py", "journal_erase"),
    "Who blanks copies of content?": ("console/journal/content_erasure.py", "def also"),
    "How is a query read?": ("runs/language/grammar.py", "def parse"),
    "What does a term ask of a run?": ("runs/search/run_terms.py", "FIELDS"),
}


def sections() -> dict[str, str]:
    text = (ROOT / "console/docs/to-add.md").read_text()
    pieces = HEADING.split(text)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def file_of(dotted: str) -> str:
    """The file of a module, or of something in one, from its dotted name; none for a package."""
    parts = dotted.split(".")
    for cut in range(len(parts), 1, -1):
        try:
            spec = find_spec(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        if spec is not None and spec.origin and not spec.origin.endswith("__init__.py"):
            return Path(spec.origin).relative_to(ROOT).as_posix()
    return ""


def named(text: str) -> set[str]:
    """The files and folders that a text names, also as dotted names."""
    spans = "\n".join(re.findall(r"`([^`\n]+)`", text)) + "\n" + text
    return {name.rstrip(".") for name in FILE.findall(spans)} | {
        found for name in DOTTED.findall(spans) if (found := file_of(name))
    }


@cache
def text_of(name: str) -> str:
    """A file's text, or that of all files in a folder."""
    place = ROOT / name
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    return "\n".join(
        file.read_text()
        for file in files
        if file.suffix in (".py", ".html", ".css", ".txt", ".md", ".json")
    )


@pytest.mark.parametrize("heading", ADDED)
def test_each_file_that_an_instruction_names_knows_what_was_added_before(heading: str) -> None:
    steps = "\n".join(STEP.findall(sections()[heading]))
    files = named(steps) - GENERAL.get(heading, frozenset())
    assert len(files) > 1, heading
    assert [name for name in sorted(files) if not re.search(ADDED[heading], text_of(name))] == []


def test_every_instruction_is_tried_but_that_for_providers_whose_libraries_come_and_go() -> None:
    assert {*sections()} - {*ADDED} == {"A provider"}


def test_no_file_that_tells_a_stop_reason_apart_is_left_out() -> None:
    steps = "\n".join(STEP.findall(sections()["A stop reason"]))
    telling = {
        file.relative_to(ROOT).as_posix()
        for room in ("approvals", "console", "runs/reading", "runs/engine", "policies")
        for file in (ROOT / room).rglob("*.py")
        if re.search(r"StopReason\.DRIFTED\b|DRIFTED = ", file.read_text())
    }
    raised_by = {
        name for name in telling if name.startswith(("policies/loops/", "policies/judge/"))
    }
    assert telling - raised_by - named(steps) == set()


def links(page: Path) -> set[Path]:
    """The pages that a page leads to with one click."""
    found = {(page.parent / link).resolve() for link in LINK.findall(page.read_text())}
    return {each for each in found if each.suffix == ".md" and each.is_file()}


@cache
def hops() -> Mapping[str, int]:
    """How many steps from the README, or from the list of pages in the console, to each file that
    can be got to: a link, a page of the list, or a file that a page names.
    """
    pages = {ROOT / "README.md": 0} | {page.file: 1 for page in contents.PAGES}
    for at in range(MOST_HOPS):
        for page in [one for one, far in pages.items() if far == at]:
            for other in links(page):
                pages.setdefault(other, at + 1)
    reached = {page.relative_to(ROOT).as_posix(): far for page, far in pages.items()}
    for page, far in sorted(pages.items(), key=lambda each: each[1]):
        for name in named(said(page)):
            reached.setdefault(name.rstrip("/"), far + 1)
    return reached


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_stranger_finds_it_in_three_hops(question: str) -> None:
    file, holds = QUESTIONS[question]
    assert holds in text_of(file)
    assert hops().get(file, 99) <= MOST_HOPS


def test_every_page_of_the_documentation_is_one_click_from_the_list_and_two_from_the_readme() -> (
    None
):
    readme = links(ROOT / "README.md")
    near = readme | {other for page in readme for other in links(page)}
    assert [page.slug for page in contents.PAGES if page.file.resolve() not in near] == []
