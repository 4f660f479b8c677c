"""The page about searching: what it says can be typed can be typed, and its tables are whole."""

import re

import pytest

from console.docs import contents
from runs.language import grammar
from runs.language.query_fields import FIELDS, OF_REQUESTS

PAGE = contents.find("searching")
assert PAGE is not None
TEXT = PAGE.text()
TYPED = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
ASKED = TEXT[TEXT.index("## A query") : TEXT.index("## Fields of runs")]
EXAMPLES = [query for cell in TYPED.findall(ASKED) for query in CODE.findall(cell)]


@pytest.mark.parametrize("query", EXAMPLES)
def test_each_example_is_a_query(query: str) -> None:
    assert grammar.parse(query).terms


def test_the_tables_hold_every_field_and_every_word_that_is_explained() -> None:
    assert len(EXAMPLES) > 12
    for field in (*FIELDS.values(), *OF_REQUESTS.values()):
        assert f"| `{field.name}` | {field.meaning} | `{field.example}` |" in TEXT
    for field in FIELDS.values():
        for word, meaning in field.words:
            assert not meaning or f"- `{word}`: {meaning}" in TEXT
