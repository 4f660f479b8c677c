"""Sums made by the clock, round by round, against those made anew and against the journal."""

import importlib
import io
import json
from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from console.journal import database_clock
from console.journal.models import Event
from console.json_value import Json
from policies import current
from policies.gate.models import ToolPolicy
from runs import services
from runs.incidents.incident import library
from runs.insights import ranges, rolling
from runs.insights.models import RolledRun, Rollup
from runs.models import Run
from tests.incidents.playing import Desk, person
from tests.runtime.conftest import Bench
from tests.supervision import answering

pytestmark = pytest.mark.django_db(transaction=True)


def sums() -> dict[tuple[object, ...], Decimal]:
    rows = Rollup.objects.values_list("span", "at", "noun", "agent", "name", "measure", "amount")
    return {row[:-1]: row[-1] for row in rows}


def total(span: str, noun: str, measure: str) -> Decimal:
    found = Rollup.objects.filter(span=span, noun=noun, measure=measure)
    return sum(found.values_list("amount", flat=True), Decimal(0))


SCRIPT = """
price_in = 3.0
price_out = 15.0
[[step]]
call = { tool = "look", args = { n = "{{n}}" } }
tokens_in = 1234
tokens_out = 77
repeat = 3
[[step]]
call = { tool = "garbage", args = {} }
tokens_in = 1000
tokens_out = 10
[[step]]
call = { tool = "unheard_of", args = {} }
[[step]]
final = "done"
tokens_in = 10
tokens_out = 10
"""


def play(house: Bench) -> Run:
    async def garbage(_args: object, _context: object) -> Json:
        return {"error": "order not found", "status": 404}

    house.tool("look", idempotent=True)
    house.tool("garbage", garbage)
    return house.play(house.start(SCRIPT))


def test_what_the_clock_adds_round_by_round_is_what_the_journal_says(house: Bench) -> None:
    for number in range(6):
        play(house)
        if number % 2:
            rolling.go_round()
    waiting = house.start(SCRIPT)
    rolling.go_round()
    house.play(waiting)
    rolling.go_round()
    live = sums()
    assert rolling.go_round() == 0, "a round in which nothing is new"
    assert rolling.differences() == []
    assert rolling.rebuild() == Run.objects.count() == 7
    assert sums() == live
    spent = Decimal(Event.objects.aggregate(usd=Sum("usd"))["usd"])
    assert {total(span, "turn", "usd") for span in ranges.SPANS} == {spent}
    assert spent > 0
    kinds = Counter(Event.objects.values_list("kind", flat=True))
    assert total("day", "turn", "turns") == kinds["step.planned"]
    assert total("day", "call", "succeeded") == 21
    assert total("day", "call", "no_success") == 7
    assert total("day", "end", "ended") == 7


def test_a_sum_that_somebody_changed_is_named(house: Bench) -> None:
    play(house)
    rolling.go_round()
    row = Rollup.objects.filter(measure="usd", span="day").get()
    Rollup.objects.filter(pk=row.pk).update(amount=row.amount + 1)
    ((key, has, says),) = rolling.differences()
    assert (key.measure, int(has - says)) == ("usd", 1)


def test_pauses_of_the_past_are_added_to_the_sums_that_are_there(house: Bench) -> None:
    run = house.start('[[step]]\nfinal = "done"\n')
    services.pause(run_id=run.pk, actor=house.user, at=database_clock.now())
    play(house)
    rolling.go_round()
    kept = sums()
    assert total("month", "end", "paused") == 1
    Rollup.objects.filter(measure="paused").delete()
    migration = importlib.import_module("runs.insights.migrations.0004_pauses_of_the_past")
    with connection.cursor() as cursor:
        cursor.execute(migration.ADD)
    assert sums() == kept
    assert rolling.differences() == []


def test_incidents_and_drills_count_in_no_figure(desk: Desk) -> None:
    run = desk.played(library()["duplicate-tickets"]).run
    assert rolling.go_round() == 1
    assert not Rollup.objects.exists()
    assert RolledRun.objects.get().run == run.pk


def test_how_long_a_person_took_to_decide_is_added(house: Bench) -> None:
    approver = person("ada", "approver")
    ToolPolicy.objects.create(name="ask", priority=1, tool="look", verdict=ToolPolicy.Verdicts.ASK)
    current.forget()
    house.tool("look", idempotent=True)
    run = house.start('[[step]]\ncall = { tool = "look", args = {} }\n[[step]]\nfinal = "done"\n')
    house.play(run)
    rolling.go_round()
    answering.played(run, approver)
    rolling.go_round()
    asks = Rollup.objects.filter(span="hour", noun="ask", name="look")
    found = dict(asks.values_list("measure", "amount"))
    assert [int(found.pop(each)) for each in ("asked", "decided")] == [1, 1]
    assert sum(found.values()) == 1, "one wait, in its bucket"


def test_the_command_says_whether_the_sums_are_the_journals(house: Bench) -> None:
    play(house)
    out, err = io.StringIO(), io.StringIO()
    call_command("insights", "--json", stdout=out, stderr=err)
    assert json.loads(out.getvalue())["different"] == 0
    Rollup.objects.filter(measure="usd", span="day").update(amount=7)
    with pytest.raises(SystemExit) as ended:
        call_command("insights", stdout=out, stderr=err)
    assert ended.value.code == 1
    assert "turn probe" in err.getvalue()
    call_command("insights", "--rebuild", stdout=out, stderr=err)
    assert "0 are not what the journal says" in out.getvalue()
