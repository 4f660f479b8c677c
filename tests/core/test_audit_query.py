"""A search of the journal as conditions: families, beginnings of ids, people who were renamed, and
nothing that asks about what the reader may not see.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal import query as q
from console.journal import visibility
from console.journal.query import BadQuery, JournalQuery
from console.journal.records import ALWAYS_HIDDEN, USER_HIDDEN, VISIBLE

SEES = frozenset({VISIBLE, USER_HIDDEN})
ALL = frozenset({VISIBLE, USER_HIDDEN, ALWAYS_HIDDEN})
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def conditions(clearance: frozenset[str] = SEES, **fields: Any) -> tuple[str, list[object]]:
    texts, params = q.conditions(JournalQuery(**fields), clearance)
    return " AND ".join(texts), params


def test_a_search_for_nothing_has_no_condition() -> None:
    assert conditions() == ("", [])
    assert JournalQuery().empty is True
    assert JournalQuery(tool="refund").empty is False


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("0123abcd", "0123abcd" + "0" * 24, "0123abcd" + "f" * 24),
        (" 0123ABCD ", "0123abcd" + "0" * 24, "0123abcd" + "f" * 24),
        ("0123abcd\n", "0123abcd" + "0" * 24, "0123abcd" + "f" * 24),
        ("0123abcd-4567", "0123abcd4567" + "0" * 20, "0123abcd4567" + "f" * 20),
    ],
)
def test_the_beginning_of_an_id_is_a_range(text: str, first: str, last: str) -> None:
    assert q.uuid_range(text, "run") == (UUID(first), UUID(last))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0123abc", "At least 8 characters of an id are needed."),
        ("", "An id is made of the digits 0-9 and a-f."),
        ("0123abcg", "An id is made of the digits 0-9 and a-f."),
        ("0" * 33, "An id is made of the digits 0-9 and a-f."),
    ],
)
def test_what_cannot_begin_an_id_is_refused_beside_its_field(text: str, sentence: str) -> None:
    with pytest.raises(BadQuery) as refused:
        q.uuid_range(text, "run")
    assert (refused.value.field, str(refused.value)) == ("run", sentence)


@given(st.uuids(), st.integers(8, 32))
def test_every_id_is_found_by_any_beginning_of_it(key: UUID, size: int) -> None:
    first, last = q.uuid_range(key.hex[:size], "run")
    assert first <= key <= last


def test_an_id_of_either_kind_is_sought_in_both_columns() -> None:
    text, params = conditions(any_id="0123abcd")
    assert text == "(correlation_id BETWEEN %s AND %s OR run BETWEEN %s AND %s)"
    assert params[:2] == params[2:]
    assert len(params) == 4


@pytest.mark.parametrize("field", ["run", "correlation"])
def test_a_bad_id_names_the_field_of_the_form(field: str) -> None:
    wanted: Any = {field: "xyz"}
    with pytest.raises(BadQuery) as refused:
        conditions(**wanted)
    assert refused.value.field == field


def test_a_whole_kind_is_compared_and_a_family_by_its_beginning() -> None:
    assert conditions(tool="refund")[0].startswith("tool = %s")
    assert conditions(tool="crm.")[0].startswith("starts_with(tool, %s)")
    assert conditions(actor="user:")[0].startswith("starts_with(actor, %s)")


def test_rare_kinds_go_by_the_index_of_rare_kinds_and_frequent_ones_do_not() -> None:
    assert "NOT (kind LIKE" in conditions(kind="run.stopped")[0]
    assert "NOT (kind LIKE" not in conditions(kind="call.returned")[0]
    assert "NOT (kind LIKE" not in conditions(kind="step.")[0]


def test_people_are_sought_by_the_index_of_people() -> None:
    assert "actor LIKE 'user:%%'" in conditions(actor="user:anna")[0]
    assert "actor LIKE" not in conditions(actor="supervisor")[0]


def test_somebody_who_was_renamed_is_found_under_both_names() -> None:
    text, params = conditions(actor="user:anna", called="7")
    assert text.startswith("(actor = %s AND actor LIKE 'user:%%' OR person = %s")
    assert params[:2] == ["user:anna", "7"]


def test_somebody_is_found_by_their_id_alone() -> None:
    text, params = conditions(person="7")
    assert text.startswith(q.BY_ID)
    assert params[0] == "7"


@pytest.mark.parametrize("field", ["kind", "actor", "tool", "person"])
def test_a_search_by_content_does_not_even_count_what_is_hidden(field: str) -> None:
    wanted: Any = {field: "refund"}
    text, params = conditions(**wanted)
    assert text.endswith("visibility = ANY(%s)")
    assert params[-1] == [USER_HIDDEN, VISIBLE]
    assert JournalQuery(**wanted).reads_content is True


def test_a_search_by_id_counts_what_is_hidden_where_it_stands() -> None:
    assert "visibility" not in conditions(run="0123abcd")[0]
    assert JournalQuery(run="0123abcd").reads_content is False


def test_every_condition_has_as_many_values_as_it_has_places() -> None:
    text, params = conditions(
        any_id="0123abcd",
        correlation="0123abcd",
        run="0123abcd",
        kind="call.",
        actor="user:anna",
        called="7",
        tool="refund",
        person="7",
    )
    assert text.count("%s") == len(params)


# a span of time


def test_without_a_time_there_is_no_condition_on_it() -> None:
    assert q.during(JournalQuery()) == ([], [])


def test_a_span_holds_its_beginning_and_not_its_end() -> None:
    wanted = JournalQuery(since=AT, until=AT + timedelta(hours=1))
    assert q.during(wanted) == (["ts >= %s", "ts < %s"], [AT, AT + timedelta(hours=1)])


# what leads to the events


@pytest.mark.parametrize("field", ["any_id", "run", "correlation"])
def test_an_id_leads_by_itself(field: str) -> None:
    wanted: dict[str, Any] = {field: "0123abcd", "tool": "refund"}
    assert q.led_by(JournalQuery(**wanted)) == ()


def test_all_words_and_names_lead_together() -> None:
    wanted = JournalQuery(tool="refund", verdict="failed", words="Two words")
    assert q.led_by(wanted) == (
        (("tool", "refund"), ("verdict", "failed"), ("word", "two"), ("word", "words")),
    )


def test_a_name_that_somebody_bears_now_leads_two_ways() -> None:
    wanted = JournalQuery(actor="user:anna", called="7", kind="run.")
    assert q.led_by(wanted) == (
        (("kind", "run."), ("actor", "user:anna")),
        (("kind", "run."), ("person", "7")),
    )


# who may read what


class Person:
    """Somebody with these permissions."""

    def __init__(self, *permissions: str, signed_in: bool = True) -> None:
        self.permissions = permissions
        self.is_authenticated = signed_in

    def has_perm(self, perm: str) -> bool:
        return perm in self.permissions


@pytest.mark.parametrize(
    ("person", "clearance"),
    [
        (Person(signed_in=False), frozenset()),
        (Person("journal.view_user_hidden", signed_in=False), frozenset()),
        (Person(), frozenset({VISIBLE})),
        (Person("journal.view_user_hidden"), SEES),
        (Person("journal.view_always_hidden"), frozenset({VISIBLE, ALWAYS_HIDDEN})),
        (Person("journal.view_user_hidden", "journal.view_always_hidden"), ALL),
    ],
)
def test_what_somebody_may_read_follows_from_their_permissions(
    person: Person, clearance: frozenset[str]
) -> None:
    assert visibility.clearance_of(person) == clearance


def test_no_list_holds_what_is_always_hidden_whoever_asks() -> None:
    assert visibility.open_to(ALL) == [USER_HIDDEN, VISIBLE]
    assert visibility.open_to(frozenset()) == []
    assert visibility.may_look(ALL) is True
    assert visibility.may_look(SEES) is False
