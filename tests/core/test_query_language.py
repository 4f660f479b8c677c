"""The query language: what is typed is read, is written back as the same query, and a mistake says
where it is and what would put it right.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.language import grammar, moments, query_terms
from runs.language.mistakes import Mistake
from runs.language.query_fields import FIELDS, SYNONYMS
from runs.language.query_terms import Query, Term
from tests.core import asked_queries

WORLD: asked_queries.Worlds = {
    "text": [
        "1042",
        "order 1042",
        "refund",
        "a:b",
        "-x",
        'say "yes"',
        "é",
        "back\\slash",
        "3f2a9c1e",
    ],
    "id": ["3f2a9c1e", "0123-abcd", "ABCD"],
    **{
        name: ["me", "refund-desk", "Refund desk", "get_order", "call.*", "*", 'q"x', "a,b"]
        for name in ("agent", "tool", "principal", "approver", "model", "kind", "actor")
    },
}
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
BERLIN = ZoneInfo("Europe/Berlin")


def read(text: str) -> Query | Mistake:
    try:
        return grammar.parse(text)
    except Mistake as mistake:
        return mistake


def test_ten_thousand_queries_are_read_and_written_back_the_same_or_refused_in_place() -> None:
    random, refused = Random(1042), 0
    for _ in range(10_000):
        text = asked_queries.query(random, WORLD)
        query = read(text)
        if isinstance(query, Mistake):
            refused += 1
            assert 0 <= query.start < query.end <= len(text), text
            assert query.sentence, text
            continue
        written = query_terms.text_of(query)
        assert grammar.parse(written) == query, text
        assert query_terms.text_of(grammar.parse(written)) == written, text
    assert 500 < refused < 3_000


@given(st.text(max_size=80))
def test_no_text_is_read_otherwise_than_as_a_query_or_a_mistake_in_it(text: str) -> None:
    query = read(text)
    if isinstance(query, Mistake):
        assert 0 <= query.start < query.end <= len(text)
    else:
        assert grammar.parse(query_terms.text_of(query)) == query


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("status:failed,live agent:refund-desk age<1h 1042", None),
        ("cost>1 steps>50 age<1h limit>80% at:2026-11-17T15:47~5m text", None),
        ("STATUS:Failed", "status:failed"),
        ("reason:LOOP_DETECTED,loop-detected", "reason:loop_detected"),
        ('-tool:"a b",c "order 1042" -word', None),
        ("cost>$1.50 tokens>10k limit>080", "cost>1.5 tokens>10000 limit>80%"),
        ("age<90m ended<=60s", "age<1h30m ended<=1m"),
        ('at:"tuesday 3:47 pm"', "at:tuesday-15:47"),
        ("at:TUE-9am at:9:00..10:00", "at:tuesday-09:00 at:09:00..10:00"),
        ("run:3F2A-9c1e", "run:3f2a9c1e"),
        ("", ""),
    ],
)
def test_a_query_is_written_in_one_way(typed: str, written: str | None) -> None:
    assert query_terms.text_of(grammar.parse(typed)) == (typed if written is None else written)


@pytest.mark.parametrize(
    ("typed", "said", "mended"),
    [
        ("a agnet:x", "Position 3: there is no field agnet. Did you mean agent:?", "a agent:x"),
        (
            "status:faild",
            "Position 8: there is no status faild. Did you mean failed?",
            "status:failed",
        ),
        (
            "status:live,faild",
            "Position 13: there is no status faild. Did you mean failed?",
            "status:live,failed",
        ),
        ("user:anna", "Position 1: there is no field user. Did you mean actor:?", "actor:anna"),
        (
            "by:anna",
            "actor: is who did something, principal: is whom the run works for.",
            "actor:anna",
        ),
        ("step>5", "Position 1: there is no field step. Did you mean steps>?", "steps>5"),
        ("cost:1", "Position 1: cost takes < or >, as in cost>1.", "cost>1"),
        ("status>3", "Position 1: status takes a colon, as in status:failed.", "status:3"),
        (
            "order:1042",
            "there is no field order. To look for it as text, put it in quotes.",
            '"order:1042"',
        ),
        ('a "b c', "Position 3: This quote is not closed.", 'a "b c"'),
        ('tool:"a"b', "Position 9: A space is missing here.", 'tool:"a" b'),
        ("tool: a", "Position 1: tool: needs a value, as in tool:send_mail.", None),
        ("tool:a,", "Position 1: tool: needs a value", None),
        ("at:99:99", "Position 4: There is no such time of day as 99:99.", None),
        ("at:2026-02-30", "Position 4: There is no day 2026-02-30.", None),
        ("at:15", "Position 4: Is that 15:00?", None),
        ("at:9:00~x", "Position 4: After ~ stands how far each way", None),
        ("age<999999w", "Position 5: A span of time is like 30s, 5m, 1h30m or 7d.", None),
        ("limit>much", "Position 7: limit is compared with a part of it", None),
        ("run:0ff", "Position 5: At least 4 characters of an id are needed.", None),
        ("run:xyzt", "Position 5: An id is made of the digits 0-9 and a-f.", None),
        ('""', "Position 1: There is nothing between these quotes.", None),
        ("a\0b", "Position 2: This character cannot be searched for.", "a b"),
        ("a " * 31, "Position 61: A query has 30 conditions at most.", None),
        ("x" * 1001, "Position 1001: A query has 1,000 characters at most.", None),
    ],
)
def test_a_mistake_says_where_it_is_and_what_would_put_it_right(
    typed: str, said: str, mended: str | None
) -> None:
    with pytest.raises(Mistake) as raised:
        grammar.parse(typed)
    assert said in str(raised.value)
    assert raised.value.mended(typed) == (typed if mended is None else mended)


def test_every_field_is_in_the_language_as_its_example_says() -> None:
    for field in FIELDS.values():
        [term] = grammar.parse(field.example).terms
        assert term.name == field.name
    assert set(SYNONYMS.values()) <= set(FIELDS)
    assert not set(SYNONYMS) & set(FIELDS)


def test_a_term_knows_where_it_was_typed() -> None:
    text = '  status:failed   -"two words" '
    assert [text[term.start : term.end] for term in grammar.parse(text).terms] == [
        "status:failed",
        '-"two words"',
    ]


def test_a_query_without_one_of_its_terms_keeps_the_others() -> None:
    query = grammar.parse("a b c")
    assert query_terms.text_of(query.without(query.terms[1])) == "a c"
    assert Query((Term("", ("a",)),)).free == [Term("", ("a",))]


def day(text: str, zone: ZoneInfo = BERLIN, now: datetime = NOW) -> tuple[str, str]:
    found = moments.resolved(moments.asked(text), now, zone)
    return tuple(f"{end:%m-%d %H:%M}" if end else "" for end in found)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("typed", "begin", "end"),
    [
        ("2026-11-17T15:47~5m", "11-17 14:42", "11-17 14:52"),
        ("2026-11-17T15:47Z", "11-17 15:42", "11-17 15:52"),
        ("today", "11-19 23:00", "11-20 23:00"),
        ("yesterday~1h", "11-18 22:00", "11-20 00:00"),
        ("tuesday-15:47", "11-17 14:42", "11-17 14:52"),
        ("friday", "11-19 23:00", "11-20 23:00"),
        ("friday-12:30", "11-20 11:25", "11-20 11:35"),
        ("friday-14:30", "11-13 13:25", "11-13 13:35"),
        ("14:30", "11-19 13:25", "11-19 13:35"),
        ("12:30", "11-20 11:25", "11-20 11:35"),
        ("yesterday..today", "11-18 23:00", "11-20 23:00"),
        ("9:00..10:00", "11-20 08:00", "11-20 09:00"),
        ("..2026-11-17Z", "", "11-18 00:00"),
        ("2026-11-17Z..", "11-17 00:00", ""),
    ],
)
def test_a_time_is_the_readers_own_and_the_newest_that_has_been(
    typed: str, begin: str, end: str
) -> None:
    assert day(typed) == (begin, end)


def test_a_day_on_which_the_clocks_change_has_its_own_length() -> None:
    begin, end = moments.resolved(moments.asked("2026-10-25"), NOW, BERLIN)
    assert begin is not None
    assert end is not None
    assert end - begin == timedelta(hours=25)


@pytest.mark.parametrize(
    ("typed", "begin", "end"),
    [
        ("2026-10-25T02:30", "10-25 00:25", "10-25 01:35"),  # it comes twice
        ("2026-10-25T02:30..2026-10-25T02:45", "10-25 00:30", "10-25 01:45"),
        ("2026-10-25T03:30", "10-25 02:25", "10-25 02:35"),
        ("2026-03-29T02:30", "03-29 00:25", "03-29 01:35"),  # it never comes
        ("2026-10-25T02:30Z", "10-25 02:25", "10-25 02:35"),
    ],
)
def test_a_time_that_the_clocks_have_twice_or_not_at_all_is_every_one_it_may_be(
    typed: str, begin: str, end: str
) -> None:
    assert day(typed) == (begin, end)
