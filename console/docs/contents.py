"""The pages of the documentation, in the order in which they are read, and their text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from console.docs import catalogue, drawing, language_tables, reasons

FOLDER = Path(__file__).parent
MARK = "%%"
"""Prefix of a line that names a part made from the code: `%% events`."""
PARTS: Mapping[str, Callable[[], str]] = {
    "transitions": drawing.transitions,
    "events": catalogue.events,
    "columns": catalogue.columns,
    "envelope": catalogue.envelope,
    "state": catalogue.state,
    "words": catalogue.words,
    "stop_reasons": reasons.stop_reasons,
    "query_fields": language_tables.of_runs,
    "query_words": language_tables.words,
    "request_fields": language_tables.of_requests,
}


@dataclass(frozen=True, slots=True)
class DocsPage:
    """One page; `slug` names its file and its address."""

    slug: str
    title: str
    about: str

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.slug}.md"

    def text(self) -> str:
        """A page's Markdown, with the parts that are made from the code in their place."""
        return "\n".join(drawn(line) for line in self.file.read_text(encoding="utf-8").splitlines())


PAGES = (
    DocsPage("first-minutes", "Your first ten minutes", "what each role does first, and where"),
    DocsPage("architecture", "Architecture", "the rooms, the two commits, and how a kill goes"),
    DocsPage("journal-format", "Journal format", "enough to prove a journal without this product"),
    DocsPage("events", "Event catalogue", "every kind, its fields, who writes it, what it changes"),
    DocsPage("stop-reasons", "Stop reasons", "why a run stopped or paused, and what to do"),
    DocsPage("models", "Models", "routing, prices, windows, outages, continuing, and the test"),
    DocsPage("operating", "Operating", "commands, backup, upgrade, proxies, if … is away"),
    DocsPage("searching", "Searching", "the one query language: terms, fields, words, times"),
    DocsPage("growth", "Growth", "what a million runs cost, and how old ones go"),
    DocsPage("settings", "Settings", "every environment variable that is read"),
    DocsPage("glossary", "Glossary", "the words of code and screen"),
    DocsPage("writing-tools", "Writing tools", "from an empty folder to a tool that is supervised"),
    DocsPage("mcp-servers", "Connecting MCP servers", "what is tried, pinned and held of them"),
    DocsPage("security", "Security", "roles, what each sees, and what it does not protect against"),
    DocsPage("signing-in", "Signing in", "ways in, wrong passwords, sessions, and leaving"),
    DocsPage("asking", "Asking people", "effects that are had once, and policies that ask less"),
    DocsPage("insights", "Insights", "what the figures are, and that they are the journal's"),
    DocsPage("fire-drills", "Fire drills", "what can go wrong, tried with a shadow copy"),
    DocsPage(
        "automation",
        "Automation",
        "runs from a shell or a program, webhooks, agents and policies as files",
    ),
    DocsPage("incidents", "Incidents", "what happened to others, played under the rules here"),
    DocsPage("to-add", "To add X, touch Y", "files and tests, in order"),
)


def find(slug: str) -> DocsPage | None:
    return next((page for page in PAGES if page.slug == slug), None)


def drawn(line: str) -> str:
    """The line, or the part that it names. Raises for an unknown name, rather than leave an empty
    place.
    """
    return PARTS[line.removeprefix(MARK).strip()]() if line.startswith(MARK) else line
