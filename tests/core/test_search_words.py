"""What people call a status is understood, and former addresses of the audit ask the same in the
words of the box.
"""

import pytest

from console.pages.find import STATES
from runs.language import grammar, query_terms
from runs.language.query_fields import FIELDS
from runs.search.audit_address import AuditAddress


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, ""),
        ({"q": "3f2a9c1e"}, "3f2a9c1e"),
        ({"q": "user:anna"}, "actor:anna"),
        ({"q": "person:17"}, "actor:person:17"),
        ({"q": "call."}, "call."),
        ({"correlation": "3f2a9c1e", "run": ""}, "correlation:3f2a9c1e"),
        ({"kind": "run.paused"}, "kind:run.paused"),
        ({"kind": "halt.", "tool": "crm:"}, "kind:halt.* tool:crm:*"),
        ({"actor": "user:"}, "actor:anybody"),
        ({"actor": "user:bert", "q": "x"}, "actor:bert x"),
        ({"since": "2026-11-20T15:47:03", "until": "2026-11-20 15:48"},
         "at:2026-11-20T15:47:03Z..2026-11-20T15:48Z"),
        ({"since": "2026-11-20"}, "at:2026-11-20Z.."),
    ],
)  # fmt: skip
def test_former_addresses_ask_in_the_words_of_the_box(query: dict[str, str], text: str) -> None:
    assert AuditAddress.read(query).text == text
    assert query_terms.text_of(grammar.parse(text)) == text


@pytest.mark.parametrize(
    ("before", "place"), [("12", 12), ("x", None), ("-1", None), ("9" * 20, None), ("²", None)]
)
def test_a_place_is_the_id_of_an_event_or_none(before: str, place: int | None) -> None:
    assert AuditAddress.read({"before": before}).before == place


def test_an_address_at_another_place_keeps_its_query() -> None:
    assert AuditAddress("a b", before=7).query(after=9) == "?q=a+b&after=9"
    assert AuditAddress("", before=7).query() == "?"


def test_what_a_status_is_called_is_a_status() -> None:
    assert set(STATES.values()) <= set(FIELDS["status"].values)
