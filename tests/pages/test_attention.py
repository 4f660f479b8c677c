"""What stands still until a person acts, at the top of the fleet: each row leads to where it is
answered, and no row is lost unsaid.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from approvals.models import Request
from console.pages import attention
from runs.engine import events as e
from runs.engine.vocabulary import StopReason, Waiting
from runs.models import Run
from runs.reading import standing_runs
from tests.approvals.test_queue import asking
from tests.markup import read
from tests.pages.lives import life, running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


def waiting_run(who: User, goal: str = "charge the card") -> Run:
    one = life(who, goal)
    one.lease()
    one.plan(("charge_card", {"amount": 45}))
    one.happen(
        e.RunWaiting(
            at=one.after(0.1),
            waiting_for=Waiting.APPROVAL,
            why="charge_card cannot be undone, so a person decides.",
        )
    )
    return one.written()


def test_who_may_see_requests_is_led_to_the_oldest_card_of_the_run() -> None:
    run = waiting_run(person("operator", "otto"))
    Request.objects.bulk_create([asking(run, 1), asking(run, 2)])
    oldest = Request.objects.order_by("asked_at").first()
    assert oldest
    text = signed_in("approver").get("/").content.decode()
    assert f'href="/approvals/{oldest.pk}/">Review</a>' in text


def test_a_viewer_is_led_to_the_run() -> None:
    run = waiting_run(person("operator", "otto"))
    Request.objects.bulk_create([asking(run, 1)])
    text = signed_in("viewer").get("/").content.decode()
    assert f'href="/runs/{run.pk}/">Look</a>' in text
    assert "/approvals/" not in text


def test_as_many_are_shown_as_fit_with_the_way_to_all() -> None:
    who, client = person("operator", "otto"), signed_in("operator")
    for number in range(attention.MOST + 1):
        waiting_run(who, f"run {number}")
    text = client.get("/").content.decode()
    assert text.count(">Look</a>") == attention.MOST
    assert '<a href="/?q=status:person">all of them</a>' in text


def standing(who: User, goal: str, ago: float, *events: e.RunEvent) -> Run:
    one = life(who, goal, ago=ago)
    one.lease()
    one.plan(("charge_card", {"amount": 45}))
    if not events:
        one.intend("charge_card", {"amount": 45})
        one.lease(epoch=2)
        one.doubt()
    one.happen(*events)
    return one.written()


def paused(reason: StopReason) -> e.RunPaused:
    return e.RunPaused(at=datetime.now(UTC), reason=reason, rule="a-rule", detail="it stands still")


def asks(run: Run, amount: float, minutes: float) -> Run:
    args, expires_at = (
        {"order_id": 7, "amount": amount},
        datetime.now(UTC) + timedelta(minutes=minutes),
    )
    Request.objects.bulk_create(
        [asking(run, 1, args=args, line=f"${amount:,.2f} for order 7", expires_at=expires_at)]
    )
    return run


def test_what_is_at_stake_comes_first_however_young_it_is() -> None:
    who = person("operator", "otto")
    standing(who, "over its budget", 900, paused(StopReason.BUDGET_EXCEEDED))
    standing(who, "goes round in circles", 800, paused(StopReason.LOOP_DETECTED))
    asks(waiting_run(who, "little money, much time"), 5, 30)
    asks(waiting_run(who, "much money, much time"), 900, 30)
    asks(waiting_run(who, "much money, little time"), 900, 2)
    standing(who, "may have charged twice", 5)
    goals = [run.goal for run in standing_runs.attention(9, attention.urgent(datetime.now(UTC)))]
    assert goals == [
        "may have charged twice",
        "much money, little time",
        "much money, much time",
        "little money, much time",
        "goes round in circles",
        "over its budget",
    ]


def test_what_has_less_at_stake_is_not_looked_at_where_there_is_enough_with_more() -> None:
    who = person("operator", "otto")
    standing(who, "goes round in circles", 800, paused(StopReason.LOOP_DETECTED))
    asks(waiting_run(who, "asks"), 900, 2)
    standing(who, "may have charged twice", 5)
    text, params = standing_runs.standing()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {text}", ["{}", *params, 1])
        plan = [row[0] for row in cursor.fetchall() if "Subquery Scan on weighed" in row[0]]
    assert ["never executed" in part for part in plan] == [False, True, True]


def test_a_row_says_what_money_and_how_much_time() -> None:
    asks(waiting_run(person("operator", "otto")), 812, 9.5)
    text = signed_in("approver").get("/").content.decode()
    row = read(text).all("ul", "waiting")[0].words
    assert row.startswith("Refund 812.00 for order 7 Refund desk · step 1")
    assert "most at stake first" in text
    assert 'data-tick="left">9:' in text


def test_a_paused_run_that_waits_for_people_is_said_to_be_counted_among_both() -> None:
    who = person("operator", "otto")
    standing(who, "goes round in circles", 800, paused(StopReason.LOOP_DETECTED))
    one = running(who)
    one.pause()
    one.written()
    page = read(signed_in("operator").get("/").content)
    tiles = {tile.one("span", "label").words: tile.words for tile in page.all("a", "tile")}
    assert tiles["Paused"] == "2 Paused 1 of them waits for people"
    assert tiles["Waiting for people"].startswith("1 ")
