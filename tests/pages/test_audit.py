"""The audit is searched by id, kind, person and time; each reader finds no more than is theirs."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from console.journal import selectors, visibility
from console.journal.append import note
from console.journal.records import Actor, Stored
from console.pages import audit_export
from runs.language import grammar
from runs.search import event_leads, event_terms
from runs.search.asker import Asker
from tests.journal.ledgers import AT, chain, record, write
from tests.pages.audited import STORY, written_story
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
ALL = frozenset({"visible", "user_hidden", "always_hidden"})
OPERATOR = frozenset({"visible", "user_hidden"})
VIEWER = frozenset({"visible"})


@pytest.fixture
def run(db: None) -> UUID:
    return written_story()


def search(clearance: frozenset[str] = ALL, text: str = "", **place: Any) -> selectors.JournalPage:
    asker, query = Asker(0, clearance, AT + timedelta(days=1)), grammar.parse(text)
    condition, led = event_terms.condition(query, asker), event_leads.of(query, asker)
    return selectors.newest(condition, clearance=clearance, led=led, **place)


def kinds(page: selectors.JournalPage) -> list[str]:
    """What is on a page, in the order in which it happened."""
    found = [
        entry.record.kind if isinstance(entry, Stored) else f"{entry.count} hidden"
        for entry in page.entries
    ]
    return found[::-1]


def test_a_story_is_found_by_the_beginning_of_its_id(run: UUID) -> None:
    expected = [
        "run.created",
        "1 hidden",
        "call.returned",
        "call.returned",
        "run.pause_requested",
        "run.completed",
    ]
    assert kinds(search(text="correlation:3f2a9c1e")) == expected
    assert kinds(search(text=f"correlation:{str(STORY).upper()}")) == expected
    assert kinds(search(text=f"run:{str(run)[:13]}")) == expected
    assert kinds(search(text=str(run))) == kinds(search(text="3f2a9c1e0000")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind:run.pause_requested", ["run.pause_requested"]),
        ("kind:run.*", ["run.created", "run.pause_requested", "run.completed"]),
        ("actor:bert", ["run.pause_requested"]),
        ("actor:anybody", ["run.created", "run.pause_requested"]),
        ("tool:charge_card", ["call.returned"]),
        ("at:2026-11-20T15:47:04Z..2026-11-20T15:47:05Z", ["run.pause_requested"]),
        ("at:2026-11-20T15:47:05Z..", ["run.completed"]),
        ("kind:no.such", []),
    ],
)
def test_fields_narrow_the_search(run: UUID, text: str, expected: list[str]) -> None:
    assert kinds(search(text=f"correlation:3f2a9c1e {text}")) == expected


def test_hidden_events_are_counted_where_they_stand(run: UUID) -> None:
    page = search(VIEWER, "correlation:3f2a9c1e")
    assert kinds(page) == ["run.created", "3 hidden", "run.pause_requested", "run.completed"]
    assert page.hidden == 3
    assert selectors.hidden(run, clearance=VIEWER) == 3


def test_a_search_by_content_does_not_even_count_what_is_hidden(run: UUID) -> None:
    assert search(VIEWER, "correlation:3f2a9c1e tool:charge_card").entries == ()
    assert search(OPERATOR, "kind:run.briefed").entries == ()


def test_ids_of_hidden_events_are_for_those_who_may_look(run: UUID) -> None:
    [gap] = [
        entry for entry in search(ALL, f"run:{run}").entries if isinstance(entry, selectors.Hidden)
    ]
    assert len(gap.ids) == 1
    assert all(
        entry.ids == ()
        for entry in search(OPERATOR, f"run:{run}").entries
        if isinstance(entry, selectors.Hidden)
    )


def test_what_is_always_hidden_is_in_no_list_whoever_asks(run: UUID) -> None:
    assert "run.briefed" not in [
        stored.record.kind for stored in selectors.events(run, clearance=ALL)
    ]


def test_the_events_of_a_run_are_those_this_reader_may_read(run: UUID) -> None:
    assert [stored.seq for stored in selectors.events(run, clearance=VIEWER)] == [1, 5, 6]
    assert [
        stored.seq for stored in selectors.events(run, clearance=OPERATOR, after=3, limit=2)
    ] == [4, 5]


def test_pages_follow_each_other_without_gap_or_overlap() -> None:
    key = chain()
    write(key, *(record(number, correlation_id=STORY) for number in range(120)))
    text = f"correlation:{STORY}"
    back, page = [], search(text=text)
    while True:
        back += [stored.seq for stored in page.events]
        if not page.earlier:
            break
        page = search(text=text, before=page.last)
    assert back == list(range(120, 0, -1))
    forward = search(text=text, after=page.first)
    assert ([stored.seq for stored in forward.events], forward.earlier, forward.later) == (
        list(range(70, 20, -1)),
        True,
        True,
    )


def test_without_a_question_the_newest_events_come_first(run: UUID) -> None:
    page = search(limit=3)
    ids = [stored.id for stored in page.events]
    assert (ids, page.earlier, page.later) == (sorted(ids, reverse=True), True, False)


def test_a_clearance_follows_from_the_groups() -> None:
    expected = {
        "viewer": VIEWER,
        "operator": OPERATOR,
        "approver": OPERATOR,
        "admin": OPERATOR,
        "auditor": ALL,
    }
    assert {group: visibility.clearance_of(person(group)) for group in expected} == expected


@pytest.mark.parametrize(
    ("group", "status"),
    [("viewer", 403), ("approver", 403), ("operator", 200), ("admin", 200), ("auditor", 200)],
)
def test_the_page_is_for_those_who_may_search(group: str, status: int) -> None:
    assert signed_in(group).get("/audit/").status_code == status


@pytest.mark.parametrize("path", ["/audit/", "/audit/1/", "/audit/export.csv", "/audit/1/result/"])
def test_nobody_reads_without_signing_in(path: str) -> None:
    assert Client().get(path)["Location"].startswith("/signin/")


def test_an_export_leaves_out_what_was_retired_since_it_was_found(
    run: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = signed_in("auditor")
    whole = auditor.post("/audit/export.csv").content.decode().splitlines()
    found = audit_export.chain_of
    monkeypatch.setattr(audit_export, "chain_of", lambda ids: found(ids[1:]))
    left = auditor.post("/audit/export.csv")
    assert (left.status_code, len(left.content.decode().splitlines())) == (200, len(whole))


@pytest.mark.parametrize("path", ["/audit/", "/audit/1/", "/audit/1/result/"])
def test_reading_is_by_get(path: str) -> None:
    assert signed_in("operator").post(path).status_code == 405


def test_where_no_event_has_a_kind_that_is_only_begun_its_kinds_are_asked_about(run: UUID) -> None:
    reader = signed_in("operator")
    asked = reader.get(f"/audit/?q=run:{run} kind:run.comp").content.decode()
    assert f'href="/audit/?q=run%3A{run.hex}%20kind%3Arun.completed"><code>' in asked
    assert "Did you mean" not in reader.get("/audit/?q=kind:run.completed").content.decode()


def test_the_page_tells_the_story_with_links(run: UUID) -> None:
    page = signed_in("operator").get("/audit/?q=3f2a9c1e").content.decode()
    page = page[page.index('id="story"') :]
    assert page.index("run.completed") < page.index("charge_card") < page.index("refund order 7")
    assert f'href="/audit/?q=correlation%3A{STORY}"' in page
    assert f'href="/runs/{run}/"' in page
    assert "1 event hidden" in page
    assert "secret" not in page
    assert "15:47:03" in page


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("q=user:bert", "run.pause_requested"),
        ("actor=bert", "run.pause_requested"),
        ("actor=user:", "run.created"),
        ("q=run.completed", "run.completed"),
        ("q=charge_card", "call.returned"),
        ("actor=tool", "call.returned"),
        ("kind=call.&since=2026-11-20T15:47:03&until=2026-11-20 15:47:04", "charge_card"),
    ],
)
def test_what_people_type_is_understood(run: UUID, typed: str, found: str) -> None:
    page = signed_in("operator").get(f"/audit/?{typed}&correlation={STORY}").content.decode()
    assert f"<code>{found}</code>" in page or f">{found}<" in page


def test_a_search_that_cannot_be_run_says_why(run: UUID) -> None:
    client = signed_in("operator")
    for query, why in (
        ("correlation=3f2", "At least 4 characters of an id are needed."),
        ("since=2026-11-21&until=2026-11-20", "this span of time ends before it begins."),
        ("q=agnet:x", "there is no field agnet. Did you mean agent:?"),
    ):
        response = client.get(f"/audit/?{query}")
        assert response.status_code == 400
        assert why in response.content.decode()


def test_what_is_wrong_leaves_the_list_as_it_was(run: UUID) -> None:
    response = signed_in("operator").get("/audit/?q=x+status:", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Retarget"]) == (422, "#query-told")
    assert "Position 3:" in response.content.decode()
    assert "<table" not in response.content.decode()


def test_who_approved_what_is_one_click_from_the_audit(run: UUID) -> None:
    anna = Actor("user:anna", "7")
    for kind in ("halt.released", "tool.accepted", "breaker.reset", "auth.signed_in"):
        note(kind=kind, actor=anna, at=AT, data={"reason": "all is well"})
    note(kind="breaker.reset", actor=Actor("clock"), at=AT)
    client = signed_in("auditor")
    assert 'href="/audit/?q=act%3Aany"' in client.get("/audit/").content.decode()
    page = client.get("/audit/?q=act%3Aany").content.decode()
    for kind in ("halt.released", "tool.accepted", "breaker.reset"):
        assert page.count(f"<code>{kind}</code>") == 1
    assert "auth.signed_in" not in page


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "after=x",
        "after=99999999999999999999",
        "kind=%ff",
        "since=yesterday",
        "q=" + "a" * 300,
    ],
)
def test_nonsense_in_the_address_is_no_error(run: UUID, query: str) -> None:
    assert signed_in("operator").get(f"/audit/?{query}").status_code in (200, 400)


def test_text_of_an_agent_is_never_markup() -> None:
    write(
        chain(),
        record(data={"result": "<script>alert(1)</script>", "text": "<b>x</b>"}, tool="<i>"),
    )
    page = signed_in("operator").get("/audit/?kind=call.").content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def test_the_page_needs_few_queries_however_much_it_finds(
    run: UUID, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    write(chain(), *(record(number) for number in range(200)))
    client = signed_in("operator")
    with django_assert_max_num_queries(28):  # eight are of the bars over time
        client.get("/audit/?kind=call.")
