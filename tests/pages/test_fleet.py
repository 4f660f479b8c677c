"""The fleet: every run once, filters in the address, no tool's name for viewers, whole without
JavaScript.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from runs import services
from runs.engine.vocabulary import StopReason
from runs.models import Run, run_parts
from runs.reading import burn, fleet, standing_runs
from tests.markup import read
from tests.pages.lives import agent, life, running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


def rows(client: Client, path: str = "/") -> list[str]:
    """The goals on the page, in order."""
    page = re.sub("</?mark>", "", client.get(path).content.decode())
    return re.findall(r'class="row-link clip" href="[^"]+">([^<]+)<', page)


def everything() -> fleet.Parts:
    return (
        Run.objects.filter(status__in=fleet.LIVE),
        Run.objects.exclude(status__in=fleet.LIVE),
    )


def test_nobody_sees_it_without_signing_in() -> None:
    response = Client().get("/")
    assert response.status_code == 302
    assert response["Location"].startswith("/signin/")


def test_somebody_in_no_group_may_not_see_it() -> None:
    assert signed_in().get("/").status_code == 403


def test_an_empty_house_teaches_how_to_start() -> None:
    text = signed_in("operator").get("/").content.decode()
    assert "No run yet" in text
    assert "/runs/start/" in text
    assert "/runs/start/" not in signed_in("viewer").get("/").content.decode()


def test_where_no_run_matches_a_value_that_is_only_begun_is_asked_about() -> None:
    running(person("operator"), "a refund")
    viewer = signed_in("viewer")
    page = read(viewer.get("/?q=agent:refund-de status:failed").content)
    (link,) = [each for each in page.all("a") if each.words == "agent:refund-desk"]
    assert link.attrs["href"] == "/?q=agent%3Arefund-desk%20status%3Afailed"
    for found in ("agent:refund-desk", "agent:refund-desk status:failed", "agent:none"):
        assert "Did you mean" not in viewer.get("/", {"q": found}).content.decode()


def test_live_runs_come_before_ended_ones_and_new_before_old() -> None:
    who = person("operator")
    running(who, "old and live", ago=500)
    ended = life(who, "new and ended", ago=10)
    ended.lease()
    ended.complete()
    ended.written()
    running(who, "new and live", ago=100)
    assert rows(signed_in("viewer")) == ["new and live", "old and live", "new and ended"]


def test_paging_meets_every_run_once_while_new_ones_arrive() -> None:
    who = person("operator")
    for number in range(7):
        one = life(who, f"goal {number}", ago=100 - number)
        if number % 2:
            one.lease()
            one.complete()
            one.written()
    met: list[str] = []
    page = fleet.page(everything(), size=3)
    while page.older:
        met += [run.goal for run in page.runs]
        life(who, "late", ago=0)
        page = fleet.page(everything(), page.older, size=3)
    met += [run.goal for run in page.runs]
    assert met == [f"goal {number}" for number in (6, 4, 2, 0, 5, 3, 1)]


def test_a_page_far_behind_begins_where_it_stands_in_the_index() -> None:
    at, key = datetime(2026, 11, 20, tzinfo=UTC), UUID(int=7)
    beyond = Run.objects.filter(fleet.PagePlace(at, key).beyond, status__in=run_parts.OVER)
    sql, params = beyond.order_by("-created_at", "-id").values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):  # quicker where the table is taken for small
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "fleet_over" in plan
    assert "Index Cond: (created_at <= " in plan


def test_filters_of_the_address_narrow_the_list() -> None:
    mine, other = person("operator"), person("operator", "other")
    bad = life(mine, "went wrong", of=agent("bug-triage"))
    bad.lease()
    bad.stop()
    bad.written()
    running(other, "goes on")
    client = Client()
    client.force_login(mine, backend="django.contrib.auth.backends.ModelBackend")
    assert rows(client, "/?view=bad") == ["went wrong"]
    assert rows(client, "/?agent=bug-triage") == ["went wrong"]
    assert rows(client, "/?mine=1") == ["went wrong"]
    assert rows(client, "/?q=GOES") == ["goes on"]
    assert rows(client, f"/?q={bad.run.id.hex[:9]}") == ["went wrong"]
    assert rows(client, "/?view=bad&q=goes") == []
    assert rows(client, "/?q=status:failed+agent:bug*+age%3C1h") == ["went wrong"]
    assert rows(client, "/?q=-principal:me") == ["goes on"]


@pytest.mark.parametrize(
    "query",
    [
        "?view=nonsense",
        "?before=live~x~y",
        "?before=~",
        "?agent=nobody%27",
        "?mine=2&before=ended~1~zz",
    ],
)
def test_a_spoilt_address_is_no_error(query: str) -> None:
    assert signed_in("viewer").get(f"/{query}").status_code == 200


@pytest.mark.parametrize("words", ["lamp", "tool:no_such", "-lamp", ""])
def test_runs_that_go_on_and_have_ended_are_none_and_no_error(words: str) -> None:
    life(person("operator"), "lamp")
    assert rows(signed_in("viewer"), f"/?q=status:running+ended%3C1h+{words}") == []


def test_a_viewer_is_told_that_a_tool_is_called_but_not_which() -> None:
    running(person("operator"))
    viewer, operator = (
        signed_in("viewer").get("/").content.decode(),
        signed_in("approver").get("/").content.decode(),
    )
    assert "search_kb" not in viewer
    assert "a tool" in viewer
    assert "search_kb" in operator


def test_a_hostile_goal_is_only_text() -> None:
    life(person("operator"), '<script>alert("goal")</script><img src=x onerror=alert(1)>')
    text = signed_in("viewer").get("/").content.decode()
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert" in text


def test_an_unknown_price_is_said_and_not_shown_as_zero() -> None:
    one = life(person("operator"))
    one.lease()
    one.plan(("get_order", {"order": 1}), usd=None)
    one.written()
    text = signed_in("viewer").get("/").content.decode()
    assert "no known price" in text
    assert "$0.00 " not in text.partition('id="rows"')[2]


def test_a_stop_reason_reads_as_title_and_sentence() -> None:
    one = life(person("operator"))
    one.lease()
    one.stop(StopReason.BUDGET_EXCEEDED, "50 of 50 steps are used.")
    one.written()
    text = signed_in("viewer").get("/").content.decode()
    assert "Budget reached" in text
    assert "The next call could have gone over a limit" in text
    assert "50 of 50 steps are used." in text
    assert "BUDGET_EXCEEDED" not in text


def test_what_stands_still_until_a_person_acts_comes_first() -> None:
    one = life(person("operator", "otto"), "charge the card")
    one.lease()
    one.plan(("charge_card", {"amount": 45}))
    one.intend("charge_card", {"amount": 45})
    one.doubt()
    one.written()
    assert [run.goal for run in standing_runs.attention()] == ["charge the card"]
    text = signed_in("operator").get("/").content.decode()
    assert "lost its worker during a call" in text
    assert ">Settle</a>" in text


def test_htmx_gets_the_list_alone_and_it_is_the_same_partial() -> None:
    running(person("operator"))
    client = signed_in("viewer")
    whole, part = (
        client.get("/").content.decode(),
        client.get("/", headers={"HX-Request": "true"}).content.decode(),
    )
    assert "<html" not in part
    assert part.strip().startswith('<section id="list"')
    assert whole.count('id="list"') == part.count('id="list"') == 1


def test_the_number_of_queries_does_not_grow_with_the_runs(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    who, client = person("operator"), signed_in("viewer")
    for number in range(12):
        running(who, f"run {number}")
    client.get("/")
    with django_assert_max_num_queries(24):
        client.get("/")


def test_changed_rows_bring_those_asked_for_and_new_ones_that_match() -> None:
    who = person("operator")
    shown, fits, other = (
        running(who, "shown"),
        running(who, "fits"),
        running(who, "does not", of=agent("bug-triage")),
    )
    client = signed_in("viewer")
    path = f"/fleet/rows/?agent=refund-desk&ids={shown.run.id}&new={fits.run.id},{other.run.id}"
    assert sorted(rows(client, path)) == ["fits", "shown"]


def test_a_changed_row_that_its_filters_let_through_no_longer_says_so() -> None:
    client, otto = signed_in("viewer"), person("operator", "otto")
    goes_on, ended = running(otto, "goes on"), running(otto, "ended")
    ended.complete()
    ended.written()
    path = f"/fleet/rows/?view=running&ids={goes_on.run.id},{ended.run.id}"
    text = client.get(path).content.decode()
    assert text.count("no longer in this list") == 1
    assert f'data-run="{ended.run.id}"' in text.partition(" data-left>")[0].rpartition("<tr")[2]
    everything = client.get(path.replace("view=running&", "")).content.decode()
    assert "no longer in this list" not in everything


def test_changed_rows_do_not_stumble_over_what_is_no_id() -> None:
    assert signed_in("viewer").get("/fleet/rows/?ids=x,,'--&new=%20").status_code == 200


def test_a_row_knows_how_far_it_has_read() -> None:
    one = running(person("operator"))
    seq = Run.objects.get(pk=one.run.pk).seq
    assert (
        f'data-run="{one.run.id}" data-seq="{seq}"' in signed_in("viewer").get("/").content.decode()
    )


def test_what_to_try_in_the_demo_is_ticked_by_what_has_happened(settings: Settings) -> None:
    settings.DEMO = True
    otto = person("operator", "otto")
    started(person("operator", "olga"))
    assert tried(otto) == {
        "start a run": False,
        "kill a run and see what it undoes": False,
        "halt everything, then turn it off again": False,
    }
    run = started(otto)
    services.kill(run_id=run.pk, actor=otto, at=datetime.now(UTC))
    assert [words for words, done in tried(otto).items() if done] == [
        "start a run",
        "kill a run and see what it undoes",
    ]
    settings.DEMO = False
    assert tried(otto) == {}


def test_a_trial_of_the_demo_leads_to_something_that_exists(settings: Settings) -> None:
    settings.DEMO = True
    approver, operator = signed_in("approver"), signed_in("operator")
    words = read(approver.get("/").content).one("ol", "trials").words
    assert "answer a request (none waits; the demo asks within minutes)" in words

    def kill() -> str:
        links = read(operator.get("/").content).one("ol", "trials").all("a")
        return next(one.attrs["href"] for one in links if "kill a run" in one.words)

    assert kill() == "/runs/start/?agent=order-fulfilment"
    running(person("operator", "otto"), of=agent("order-fulfilment"))
    assert kill() == "/?q=status:live"


def started(who: User) -> Run:
    return services.start(agent=agent(), goal="Look.", principal=who, at=datetime.now(UTC))


def tried(who: User) -> dict[str, bool]:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    lists = read(client.get("/").content).all("ol", "trials")
    found = [each.words for one in lists for each in one.all("li")]
    return {words.removesuffix(", done"): words.endswith(", done") for words in found}


def test_the_tab_and_the_box_count_the_same_runs_also_when_they_change() -> None:
    who, operator = person("operator", "otto"), signed_in("operator")
    running(who)
    page = read(operator.get("/").content)
    assert (page.one("output").words, page.all("a", "tab")[0].words) == ("1 run", "All 1")
    running(who)
    changed = read(operator.get("/fleet/rows/").content)
    assert (changed.one("output").words, changed.all("a", "tab")[0].words) == ("2 runs", "All 2")


def test_what_was_spent_lately_is_summed_by_the_time_it_was_spent_and_no_drill_counts() -> None:
    who = person("operator")
    one, drill = life(who), life(who)
    for each in (one, drill):
        each.lease()
        each.step()
        each.step()
        each.written()
    Run.objects.filter(pk=drill.run.pk).update(drill=True)
    assert sum(burn.spent(one.at).values()) == Decimal("0.02")
    assert burn.spent(one.at + timedelta(seconds=30)).keys() == {1}
    assert burn.spent(one.at + timedelta(minutes=11)) == {}
    assert burn.spent(one.at - timedelta(hours=1)) == {}
