"""What a word in the search box is taken for, and what the page says it looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.pages import audit_form
from console.pages.find import STATES
from runs.reading import fleet


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("0123abcd", "any_id", "0123abcd"),
        ("0123ABCD-4567", "any_id", "0123ABCD-4567"),
        ("run:0123abcd", "any_id", "0123abcd"),
        ("run: 0123abcd", "any_id", "0123abcd"),
        ("user:anna", "actor", "user:anna"),
        ("person:17", "actor", "person:17"),
        ("supervisor", "actor", "supervisor"),
        ("actor:anna", "actor", "anna"),
        ("call.returned", "kind", "call.returned"),
        ("call.", "kind", "call."),
        ("kind:step", "kind", "step"),
        ("refund", "tool", "refund"),
        ("tool:crm.find", "tool", "crm.find"),
        ("two words. here", "tool", "two words. here"),
        ("deadbee", "tool", "deadbee"),
        ("run:refund", "tool", "run:refund"),
        ("tool:", "tool", "tool:"),
        ("0" * 33, "tool", "0" * 33),
    ],
)
def test_a_word_is_an_id_a_person_a_kind_or_a_tool(typed: str, field: str, value: str) -> None:
    assert audit_form.understood(typed) == (field, value)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0123abcd", "events of a run or a correlation id that begins with “0123abcd”"),
        ("user:anna", "events by “user:anna”"),
        ("call.", "events of the kind “call.”"),
        ("tool: refund", "events of a tool named “refund”"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_an_empty_answer_says_what_was_looked_for(typed: str, said: str) -> None:
    assert audit_form.sought(typed) == said


@given(st.text(max_size=60))
def test_every_word_is_looked_for_somewhere(typed: str) -> None:
    field, value = audit_form.understood(typed)
    assert field in audit_form.SOUGHT
    assert value in typed


@pytest.mark.parametrize("word", sorted(STATES))
def test_every_state_that_can_be_typed_is_a_view_of_the_fleet(word: str) -> None:
    assert STATES[word] in fleet.VIEWS
    assert word == word.lower()


@pytest.mark.parametrize(
    ("who", "named"),
    [("supervisor", "supervisor"), ("tool", "tool"), ("planner", "planner"), ("user:", "user:")],
)
def test_what_is_no_person_keeps_its_plain_name(who: str, named: str) -> None:
    assert audit_form.acting(who) == {"actor": named, "called": ""}


def test_an_id_of_a_person_is_looked_for_as_such() -> None:
    assert audit_form.acting("person: 17") == {"person": "17"}
