"""Whether the house is well: the code for those who ask by machine, the words for both, and every
process's rounds for people.
"""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from console import celery
from console import tasks as console_tasks
from console.journal import database_clock
from console.live import keys, link, rounds, telling
from console.live.telling import RoundReport
from console.pages import health_page, parts
from console.stack import readiness
from policies.halts.models import Halt
from runs import tasks
from runs.models import McpServer, ToolCrash
from runs.runtime import worker_process
from runs.tools.broken_tools import NOTED, BrokenTool
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a server that has been at work for a while, and has seen Redis all the time."""
    monkeypatch.setattr(readiness, "passed", lambda: 60.0)
    monkeypatch.setattr(parts, "writing", parts.Writing())
    monkeypatch.setattr(parts.RedisOutages, "redis_away_at", None)


@pytest.fixture
def ours() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client
        client.delete(*map(link.key, keys.KINDS))


def asked() -> tuple[int, dict[str, object]]:
    answer = Client().get("/healthz")
    return answer.status_code, answer.json()


def watched(seconds_ago: float = 0.0) -> None:
    tasks.watch()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE live_round SET done_at = done_at - make_interval(secs => %s) WHERE name ="
            " 'watchdog'",
            [seconds_ago],
        )


def test_all_is_well_while_the_watchdog_goes_its_rounds() -> None:
    watched()
    assert asked() == (200, {"well": True, "database": "ok", "redis": "ok", "watchdog": "ok"})


def test_a_watchdog_that_is_silent_for_longer_than_fifteen_seconds_is_not_well() -> None:
    watched(seconds_ago=16)
    status, words = asked()
    assert (status, words["well"], words["watchdog"]) == (
        503,
        False,
        "last round 16 s ago: is the clock running, and its beat?",
    )


def test_a_house_without_any_clock_says_so() -> None:
    status, words = asked()
    assert (status, words["watchdog"]) == (
        503,
        "no clock has gone a round in the last hour: is the clock running, and its beat?",
    )


def test_a_server_that_has_only_just_begun_waits_for_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "passed", lambda: 14.0)
    watched(seconds_ago=3_000)
    status, words = asked()
    assert (status, words["watchdog"]) == (
        200,
        "last round 3000 s ago: this server has only just begun",
    )


def test_a_round_that_fails_is_no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    watched(seconds_ago=16)
    monkeypatch.setattr("runs.runtime.watchdog.watch", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.watch()
    assert asked()[0] == 503


def test_a_database_that_takes_no_writes_is_not_well() -> None:
    watched()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    status, words = asked()
    assert status == 503
    assert (
        words["database"]
        == "nothing could be written for 60 s: cannot execute INSERT in a read-only transaction"
    )


def test_a_database_that_takes_no_writes_for_a_moment_is_borne_with() -> None:
    watched()
    assert asked()[0] == 200
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    assert asked()[0] == 200


def test_without_redis_pages_serve_and_the_watchdogs_silence_has_its_cause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "unix:///nowhere/valkey.sock")
    watched(seconds_ago=100)
    status, words = asked()
    assert status == 200
    assert words["redis"] == "unreachable: the live feed is down, the pages serve"
    assert words["watchdog"] == "last round 100 s ago: it waits for Redis"


def test_a_redis_that_came_back_gives_the_watchdog_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched(seconds_ago=100)
    with monkeypatch.context() as away:
        away.setattr(settings, "REDIS_URL", "unix:///nowhere/valkey.sock")
        asked()
    assert asked()[0] == 200


def test_a_redis_that_refuses_to_be_written_to_is_not_called_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*_args: object, **_facts: object) -> None:
        raise redis.ReadOnlyError("READONLY You can't write against a read only replica.")

    monkeypatch.setattr(redis.Redis, "set", refuses)
    watched()
    assert "the live feed is down: it refuses to be written to" in str(asked()[1]["redis"])


def test_a_key_of_ours_that_somebody_else_wrote_is_named_and_removed(
    ours: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    watched()
    ours.delete(link.key("runs"))
    ours.set(link.key("runs"), "x")
    assert (
        asked()[1]["redis"]
        == "messages cannot be passed on: the key signalbox:runs is a string, not a list"
    )
    keys.clear(settings.REDIS_URL)
    assert asked()[1]["redis"] == "ok"
    assert "another program must have written it" in caplog.text


def test_keys_of_others_who_share_the_server_are_not_looked_at(ours: redis.Redis) -> None:
    watched()
    for name in keys.KINDS:
        ours.set(f"other:{name}", "x")
    try:
        assert asked()[1]["redis"] == "ok"
    finally:
        ours.delete(*(f"other:{name}" for name in keys.KINDS))


def test_whoever_probes_by_address_is_answered_and_leaves_no_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watched()
    answer = Client().get("/healthz", headers={"host": "10.0.3.7:8000"})
    assert answer.status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert Client().get("/signin/", headers={"host": "10.0.3.7:8000"}).status_code == 400


def page(client: Client) -> str:
    return client.get("/health/").content.decode()


def test_the_page_shows_each_processs_rounds_with_their_last_word(admin_client: Client) -> None:
    rounds.note("heartbeat")
    for _ in range(2):
        rounds.note("policies", "policies not read: ValueError: a bug")
    telling.write(rounds.of("heartbeat"))
    telling.write(rounds.of("policies"))
    text = page(admin_client)
    assert telling.process() in text
    assert "s ago, failed 2 times in a row: policies not read: ValueError: a bug" in text
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE live_round SET done_at = done_at - interval '40 seconds' WHERE name ="
            " 'heartbeat'"
        )
    assert "no word since 4" in page(admin_client)


def test_the_page_names_the_tools_that_are_left_out_with_their_place(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Tools that are left out" not in page(admin_client)
    broken = BrokenTool("pay_bill", "<i> has no type", "/srv/shop/tools.py", 3)
    monkeypatch.setattr(NOTED, "found", [broken])
    text = page(admin_client)
    assert "Tools that are left out" in text
    assert "pay_bill" in text
    assert "&lt;i&gt; has no type" in text
    assert "tools.py:3" in text


def test_the_page_names_the_tool_servers_in_trouble_and_no_other(client: Client) -> None:
    client.force_login(User.objects.create_superuser("alba"))
    assert "Tool servers in trouble" not in client.get("/health/").content.decode()
    away = "MCP server maps answers 401: it wants a key."
    McpServer.objects.create(name="maps", trouble=away, left_out=["old is left out: no schema."])
    McpServer.objects.create(name="shop", left_out=["<b>odd is left out: it is no object."])
    McpServer.objects.create(name="off", trouble="MCP server off cannot start.", enabled=False)
    text = client.get("/health/").content.decode()
    assert "Tool servers in trouble" in text
    assert away in text
    assert "&lt;b&gt;odd is left out: it is no object." in text
    assert "no schema" not in text
    assert "cannot start" not in text


def test_whoever_may_see_no_tools_is_told_of_none_on_this_page(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = "ended its process"
    ToolCrash.objects.create(tool="pay_invoice", times=1, at=database_clock.now(), how=how)
    McpServer.objects.create(name="maps", trouble="MCP server maps answers 401.")
    monkeypatch.setattr(NOTED, "found", [BrokenTool("pay_bill", "no type", "/srv/tools.py", 3)])
    told = ("pay_invoice", how, "maps", "pay_bill", "Tools that crashed")
    assert [word in page(admin_client) for word in told] == [True] * 5
    viewer = signed_in("viewer")
    assert "Rounds" in page(viewer)
    assert [word for word in told if word in page(viewer)] == []


def test_rounds_of_an_earlier_process_of_the_same_name_are_forgotten() -> None:
    with connection.cursor() as cursor:
        for process in ("worker1@here 17", "worker2@here 18"):
            cursor.execute(telling.WRITE, [process, ["heartbeat"], [40.0], [0], [""]])
        cursor.execute(telling.SUCCEED, ["worker1@here "])
    assert [told.process for told in telling.everybody()] == ["worker2@here 18"]


def test_what_is_done_only_when_asked_for_is_not_missed_in_between_but_its_failure_is_seen() -> (
    None
):
    long_ago = health_page.SILENT * 10
    well = health_page.RoundLine(RoundReport("clock@here", "deliveries", long_ago, 0, ""))
    failed = health_page.RoundLine(
        RoundReport("worker@here", "runs taken up", long_ago, 1, "DoesNotExist")
    )
    silent = health_page.RoundLine(RoundReport("clock@here", "expiry", long_ago, 0, ""))
    assert [line.pill.word for line in (well, failed, silent)] == ["Well", "Fails", "No word"]


def test_a_lever_whose_runs_could_not_go_on_is_told_by_its_round() -> None:
    long_ago = database_clock.now() - timedelta(minutes=1)
    Halt.objects.create(
        reach="all", pulled_at=long_ago, released_at=long_ago, released_by_id="0", resuming=True
    )
    console_tasks.resume_halted()
    assert "no account any more" in rounds.of("released levers").trouble


def test_a_run_that_could_not_be_taken_up_is_told_by_its_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(_run: UUID) -> bool:
        raise OSError("no room")

    monkeypatch.setattr(worker_process, "take_up", refuses)
    with pytest.raises(OSError, match="no room"):
        tasks.advance(str(uuid4()))
    assert rounds.of("runs taken up").trouble == "OSError: no room"


def test_the_houses_chain_is_verified_there_for_whoever_may_search_the_journal() -> None:
    told = signed_in("auditor").get("/health/?prove=1").content.decode()
    assert "each as it was written, from the first to the head" in told
    assert "Verif" not in signed_in("viewer").get("/health/?prove=1").content.decode()


def told_of(process: str) -> list[RoundReport]:
    return [RoundReport(process, "clock", 1.0, 0, "")]


def test_a_page_waits_for_no_worker_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, silent = parts.WorkerAnswers(), threading.Event()
    monkeypatch.setattr(parts, "answers", answers)
    monkeypatch.setattr(celery.app.control, "ping", lambda **_: silent.wait(60) and [])
    first = parts.workers(told_of("worker9@gone 1"))
    assert (first.well, first.seen) == (True, "worker9, not answered yet")
    silent.set()
    monkeypatch.setattr(parts, "AT_ONCE", 60.0)
    assert parts.workers(told_of("worker9@gone 1")).seen == "nobody answers"


def test_workers_that_answer_at_once_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "answers", parts.WorkerAnswers())
    monkeypatch.setattr(parts, "AT_ONCE", 60.0)
    monkeypatch.setattr(celery.app.control, "ping", lambda **_: [{"worker1@here": {"ok": "pong"}}])
    found = parts.workers(told_of("worker1@here 17"))
    assert (found.well, found.seen) == (True, "worker1")


def test_where_no_worker_has_told_of_itself_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(**_: object) -> list[object]:
        raise AssertionError("nobody is there")

    monkeypatch.setattr(celery.app.control, "ping", asked)
    assert parts.workers([]).seen == "nobody answers"
    old = RoundReport("worker1@here 17", "clock", parts.STALE + 1, 0, "")
    assert parts.workers([old]).seen == "nobody answers"
