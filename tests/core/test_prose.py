"""What the project's own text keeps to: its width, its words, and docstrings that stand alone."""

import ast
import re
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDEST = {".py": 100, ".js": 100, ".css": 120, ".html": 120}
RETIRED = {
    "confess": "report_dropped",
    "crew": "dependencies or children",
    "dearest": "max_call_cost",
    "deed": "effect",
    "discretion": "redaction",
    "equip": "configure",
    "examiner": "acceptance checker",
    "foresee": "preview",
    "foreseen": "previewed",
    "gatekeeper": "policy guard",
    "knock": "probe",
    "leash": "tie to its parent",
    "lens": "scan context",
    "nap": "sleep",
    "needle": "pattern",
    "noes": "negative verdicts",
    "pot": "bucket",
    "purse": "allowance",
    "scribe": "run writer",
    "standstill": "stop",
    "stir": "refresh",
    "treasurer": "budget guard",
    "voice": "vote or output",
    "wish": "request",
    "wreckage": "crash output",
    "yeses": "session approvals",
}
"""Words that were ours alone, and what stands instead."""
SPOKEN = (".py", ".html", ".js", ".css", ".md", ".toml", ".ini", ".importlinter")
FRAGMENT = re.compile(
    r"(after|as|before|beside|between|by|for|in|into|its|of|on|onto|out|over|their|through|to|told"
    r"|until|upon|with|without)\b"
)
"""How a docstring opens (in lower case) that does not say what something is or what it does."""
LEANING = re.compile(r"(the same|same|as above|likewise|ditto)\b", re.IGNORECASE)


def tracked(*endings: str) -> list[str]:
    """Paths of the project's files with these endings, but for this one, which names them all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [
        path
        for path in listed.split("\0")
        if path.endswith(endings) and (ROOT / path).is_file() and path != "tests/core/test_prose.py"
    ]


def parts(text: str) -> Iterator[str]:
    """The words of a text in lower case: of prose, of snake_case and of CamelCase."""
    for found in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text):
        yield found.lower()


def retired(text: str) -> list[str]:
    """The retired words in a text, each with what stands instead; plurals count as well."""
    forms = {form: word for word in RETIRED for form in (word, f"{word}s", f"{word}es")}
    return [f"{form} → {RETIRED[forms[form]]}" for form in parts(text) if form in forms]


def docstrings(path: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""


@pytest.mark.parametrize("ending", WIDEST)
def test_no_line_is_wider_than_its_kind_of_file_allows(ending: str) -> None:
    wide = [
        f"{path}:{number}: {len(line)}"
        for path in tracked(ending)
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").split("\n"), 1)
        if len(line) > WIDEST[ending]
    ]
    assert wide == []


def test_no_tag_of_a_template_goes_on_in_the_next_line() -> None:
    """Django shows such a tag as it stands."""
    broken = [
        f"{path}:{number}"
        for path in tracked(".html")
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").split("\n"), 1)
        if any(line.count(begin) != line.count(end) for begin, end in (("{{", "}}"), ("{%", "%}")))
    ]
    assert broken == []


def test_no_retired_word_stands_in_code_prose_or_file_names() -> None:
    files = [path for path in tracked(*SPOKEN) if "/migrations/" not in path]
    lines = chain.from_iterable(
        ((f"{path}:{number}", line) for number, line in enumerate([path, *text.split("\n")]))
        for path in files
        for text in [(ROOT / path).read_text(encoding="utf-8")]
    )
    found = [f"{place}: {word}" for place, line in lines for word in retired(line)]
    assert not found, "\n".join(found)


def test_every_docstring_stands_alone() -> None:
    found = [
        f"{path}:{line}: {text.splitlines()[0]}"
        for path in tracked(".py")
        for line, text in docstrings(path)
        if LEANING.match(text)
    ]
    assert not found, "\n".join(found)


def is_fragment(docstring: str) -> bool:
    """Whether it begins in the middle of a sentence: `Of one call.`, `Until the worker is gone.`"""
    return FRAGMENT.match(docstring[:1].lower() + docstring[1:]) is not None


def test_every_docstring_of_the_product_says_first_what_something_is_or_does() -> None:
    found = [
        f"{path}:{line}: {text.splitlines()[0]}"
        for path in tracked(".py")
        if not path.startswith("tests/")
        for line, text in docstrings(path)
        if is_fragment(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ["Of all runs.", "Until the end.", "As above it.", "Its own."])
def test_a_docstring_that_begins_in_the_middle_of_a_sentence_is_found(text: str) -> None:
    assert is_fragment(text)


@pytest.mark.parametrize(
    "text", ["Offers a tool.", "Bytes sent.", "Instances.", "", "Where it is."]
)
def test_a_docstring_that_says_what_something_is_or_does_is_left_alone(text: str) -> None:
    assert not is_fragment(text)


@pytest.mark.parametrize("text", ["a purse", "open_pots", "RunScribe", "WISHES", "the needle."])
def test_a_retired_word_is_found_in_prose_snake_case_and_camel_case(text: str) -> None:
    assert retired(text)


@pytest.mark.parametrize("text", ["potential", "snapshot", "stirrup", "a request", "naptha"])
def test_a_word_that_only_contains_a_retired_one_is_left_alone(text: str) -> None:
    assert not retired(text)
