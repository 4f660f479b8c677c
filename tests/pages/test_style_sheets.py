"""Style sheets are sent as one: what a class alone means stands in one of them."""

import re
from collections import defaultdict
from pathlib import Path

from django.conf import settings

SHEETS = Path(settings.BASE_DIR) / "static" / "css"
ASIDE = re.compile(r"/\*.*?\*/|\([^()]*\)", re.DOTALL)
"""Comments, and what stands in brackets: choices of a selector, conditions, functions."""
ALONE = re.compile(r"(?:^|[{};,])\s*\.([\w-]+)\s*(?=[,{])")
WHOLE = re.compile(
    r"(?:^|[\s,}>(])(?:html|:root|body|main|#content|\.(?:frame|main|stack|run-columns))"
    r"(?![\w-])[^\s,{>+~]*:has\("
)
"""What holds a page, asked what it has."""
OTHERWISE = {"print.css"}
"""What paper shows is said in a sheet of its own."""


def alone(text: str) -> set[str]:
    """The classes that have a rule with nothing beside them."""
    while (plain := ASIDE.sub("", text)) != text:
        text = plain
    return set(ALONE.findall(text))


def test_what_a_class_alone_means_stands_in_one_sheet() -> None:
    found = defaultdict(set)
    for sheet in SHEETS.glob("*.css"):
        for name in alone(sheet.read_text()) if sheet.name not in OTHERWISE else ():
            found[name].add(sheet.name)
    assert {name: sheets for name, sheets in found.items() if len(sheets) > 1} == {}


def test_a_second_meaning_would_be_found() -> None:
    assert alone("/* .c { } */ .a { color: red; }\n@media x { .b, p { top: 0; } } .d .e { }") == {
        "a",
        "b",
    }


def test_no_rule_asks_what_the_whole_page_has() -> None:
    """Chromium would style every cell of the page anew whenever one of them changes."""
    found = {sheet.name: WHOLE.findall(sheet.read_text()) for sheet in SHEETS.glob("*.css")}
    assert {name: rules for name, rules in found.items() if rules} == {}
    assert WHOLE.search(".a { } body.plain:has(.answers) .toasts { }")
    assert not WHOLE.search(".main .choice:has(input) { }")
