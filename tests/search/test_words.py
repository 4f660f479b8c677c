"""Free words find what runs were asked, called and got back: whole words, however they are written,
in a house of any size, as far as whoever asks may read it.
"""

import re
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from console.journal import content_index, content_tail, selectors, visibility
from console.journal.records import USER_HIDDEN, VISIBLE
from runs.language import grammar
from runs.models import Run
from runs.search import event_leads, event_terms, runs_asked, runs_led
from runs.search.asker import Asker
from tests.journal.ledgers import chain, record, write
from tests.pages.lives import Life, life
from tests.pages.people import person, signed_in
from tests.search.small_world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["not indexed", "indexed", "too many to be led to"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways in which words are looked for, which find the same."""
    if request.param == "too many to be led to":
        monkeypatch.setattr(runs_led, "LED_AT_ONCE", 0)
        monkeypatch.setattr(selectors, "LED_AT_ONCE", ())
    return str(request.param)


def once(group: str, name: str) -> User:
    """The person with this name, who is made when first asked for."""
    return User.objects.filter(username=name).first() or person(group, name)


def called(goal: str, **args: object) -> Life:
    one = life(once("operator", "otto"), goal)
    one.lease()
    one.step("get_order", args, {"text": "It stands in the hall."})
    one.written()
    return one


def found(text: str, way: str, group: str = "operator") -> tuple[set[UUID], int]:
    """The runs that a query finds, and how many events."""
    if way != "not indexed":
        content_index.go_round(10)
    who, query = once(group, f"a-{group}"), grammar.parse(text)
    asker = Asker(who.pk, visibility.clearance_of(who), NOW)
    condition, led = event_terms.condition(query, asker), event_leads.of(query, asker)
    events = len(selectors.known(condition, clearance=asker.clearance, most=1_000, led=led).ids)
    return set(runs_asked.matching(query, asker).values_list("pk", flat=True)), events


def test_a_number_finds_the_run_whose_call_touched_it_though_its_goal_says_the_lamp_order(
    way: str,
) -> None:
    lamp = called("Refund the lamp order", order_id=1042)
    called("Refund the shade", order_id=1043)
    assert found("1042", way) == ({lamp.run.pk}, 1)
    assert found("1042", way, "viewer") == found("104200", way, "viewer") == (set(), 0)
    assert found("-1042", way, "viewer") == found("-104200", way, "viewer")


def test_the_page_tells_a_viewer_of_a_number_nothing_that_it_does_not_tell_of_none() -> None:
    lamp = called("Refund the lamp order", order_id=1042)
    pages = {
        (group, number): client.get(f"/?q={number}").content.decode()
        for group, client in ((each, signed_in(each)) for each in ("operator", "viewer"))
        for number in ("1042", "9042")
    }
    rows = {each: re.findall(r'data-run="([^"]+)"', page) for each, page in pages.items()}
    assert rows.pop(("operator", "1042")) == [str(lamp.run.pk)]
    assert set(map(tuple, rows.values())) == {()}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Mu\u0308ller", "for M\u00fcller"),
        ("M\u00fcller", "for MU\u0308LLER"),
        ("1,234.50", "it is 1234.5"),
        ("1234.5", "it is 1,234.50 euros"),
        ("1234.50", 1234.5),
        ("order-77", "Order-77, again"),
        ("77", "order-77, again"),
        ('"the lamp order"', "Refund the LAMP\n order."),
        ('"order 1234.5"', "order no more; order 1,234.50 then"),
        ('"said \\"yes\\" twice"', 'she said "yes" twice'),
        ("issue_refund", "issue_refund"),
        ("get_order", "by the name of the tool"),
    ],
)
def test_words_are_found_however_they_are_written(typed: str, said: object, way: str) -> None:
    one = called("A goal", note=said)
    other = called("Another goal", note="nothing of it") if typed != "get_order" else one
    runs, events = found(typed, way)
    assert (runs, bool(events)) == ({one.run.pk}, True)
    assert found(f"-{typed}", way)[0] == {other.run.pk} - {one.run.pk}


@pytest.mark.parametrize("typed", ['"order lamp"', '"lamp the"', "lam", "amp", "order_id", "_"])
def test_what_is_no_whole_word_and_no_such_phrase_is_not_found(typed: str, way: str) -> None:
    called("Refund the lamp order", order_id=1042)
    assert found(typed, way) == (set(), 0)


def test_signs_alone_ask_for_nothing(way: str) -> None:
    one = called("Refund the lamp order", order_id=1042)
    assert found("lamp & order", way)[0] == {one.run.pk}
    assert found("%", way)[0] == found("-%", way)[0] == {one.run.pk}


def test_an_old_event_is_found_behind_a_thousand_newer_ones_with_its_word(way: str) -> None:
    old = called("Look for the parcel")
    write(chain(), *(record(number, data={"text": "parcel"}, visibility=VISIBLE)
                     for number in range(1_000)))  # fmt: skip
    new = called("Look for the parcel as well")
    assert found("parcel", way)[0] == {old.run.pk, new.run.pk}
    assert found("status:live parcel look", way)[0] == {old.run.pk, new.run.pk}
    assert found("parcel -well", way)[0] == {old.run.pk}
    assert found("parcel", way)[1] == 1_000


def test_of_what_is_not_indexed_the_newest_is_found_and_the_box_says_that_there_is_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(content_tail, "TAIL", 3)
    called("Look for the parcel", order_id=1042)
    newest = called("Look for the lamp", order_id=1042)
    client = signed_in("operator")
    page = client.get("/?q=1042").content.decode()
    assert re.findall(r'data-run="([^"]+)"', page) == [str(newest.run.pk)]
    assert "still being indexed" in page
    assert "still being indexed" in client.get("/audit/?q=1042").content.decode()
    assert "still being indexed" not in client.get("/").content.decode()
    content_index.go_round(10)
    page = client.get("/?q=1042").content.decode()
    assert len(re.findall(r'data-run="', page)) == 2
    assert "still being indexed" not in page


def test_hidden_words_are_not_counted_for_who_may_not_read_them(way: str) -> None:
    write(chain(), record(data={"text": "zanzibar"}, visibility=USER_HIDDEN),
          record(data={"text": "zanzibar"}, visibility=VISIBLE))  # fmt: skip
    assert found("zanzibar", way)[1] == 2
    assert found("zanzibar", way, "viewer")[1] == 1


@pytest.mark.parametrize("way", ["not indexed", "indexed"])
def test_times_that_stray_from_the_order_of_events_are_found(way: str) -> None:
    first = called("The newer one")
    assert Run.objects.filter(pk=first.run.pk).exists()
    write(chain(), *(record(1_000 - number * 60) for number in range(50)))
    total = found("kind:call.returned", way)[1]
    assert total > 1
    assert found("kind:call.returned at:..2030-01-01", way)[1] == total
    assert found("kind:call.returned at:2020-01-01..2030-01-01", way)[1] == total
