"""`manage.py run`: starts as the form does, follows by frames, says by its exit code what became of
the run.
"""

import io
import json
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connections

from console.live.following import Following
from runs import services
from runs.models import Agent, Run
from tests.patience import ended, until
from tests.runtime.conftest import Bench, answering, now, stored

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Command:
    """One command that is given in a thread, as a shell would beside the workers."""

    words: tuple[str, ...]
    out: io.StringIO = field(default_factory=io.StringIO)
    err: io.StringIO = field(default_factory=io.StringIO)
    code: Any = 0

    def give(self) -> "Command":
        try:
            call_command("run", "probe", *self.words, stdout=self.out, stderr=self.err)
        except SystemExit as left:
            self.code = left.code
        return self

    def beside(self) -> threading.Thread:
        def given() -> None:
            try:
                self.give()
            finally:
                connections.close_all()

        thread = threading.Thread(target=given, daemon=True)
        thread.start()
        return thread

    @property
    def said(self) -> str:
        return self.out.getvalue()


def probe(script: str = answering("The order is refunded."), **facts: Any) -> None:
    Agent.objects.create(name="probe", title="Probe", planner="scripted", script=script, **facts)


def the_run() -> Run:
    return until(Run.objects.first, "a run")  # type: ignore[return-value]


def test_it_waits_for_the_end_and_prints_the_answer(bench: Bench) -> None:
    probe()
    command = Command(("Refund order 7", "--wait", "--input", "order=7"))
    thread = command.beside()
    run = the_run()
    until(lambda: "queued" in command.said, "the first line")
    bench.play(run)
    ended(thread)
    lines = command.said.splitlines()
    assert (command.code, lines[-1]) == (0, "The order is refunded.")
    assert lines[0].startswith(f"Started {run.pk} · http")
    assert lines[1].endswith(" queued")
    assert "completed · Completed" in lines[-2]
    assert run.goal == 'Refund order 7\n\nInputs:\norder = "7"'


def test_it_prints_one_object_and_nothing_else(bench: Bench) -> None:
    probe()
    command = Command(("Refund", "--wait", "--json", "--max-steps", "3"))
    thread = command.beside()
    bench.play(the_run())
    ended(thread)
    told = json.loads(command.said)
    assert (told["status"], told["result"], command.code) == (
        "completed",
        "The order is refunded.",
        0,
    )
    assert told["limits"]["steps"] == 3
    assert command.err.getvalue() == ""


def test_a_stop_is_exit_code_1_with_its_reason(bench: Bench) -> None:
    probe()
    command = Command(("Refund", "--wait"))
    thread = command.beside()
    services.kill(run_id=the_run().pk, actor=bench.user, at=now(), note="wrong order")
    bench.play(the_run())
    ended(thread)
    assert command.code == 1
    assert command.err.getvalue() == "A person stopped it for good.\n"


def test_a_run_that_needs_a_person_is_exit_code_3_when_the_time_is_up() -> None:
    probe()
    command = Command(("Refund", "--wait", "--timeout", "2"))
    thread = command.beside()
    services.pause(run_id=the_run().pk, actor=User.objects.create_user("otto"), at=now())
    ended(thread)
    assert command.code == 3
    assert "paused" in command.said


def test_a_run_that_is_still_at_work_is_exit_code_4_and_goes_on() -> None:
    probe()
    command = Command(("Refund", "--wait", "--timeout", "0")).give()
    assert (command.code, the_run().status) == (4, "queued")


def test_a_keyboard_interrupt_leaves_it_going_and_says_how_to_stop_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    probe()
    monkeypatch.setattr(Following, "wait", interrupted)
    command = Command(("Refund", "--wait")).give()
    run = the_run()
    assert (run.status, run.control) == ("queued", "")
    assert f"manage.py kill {run.pk}" in command.err.getvalue()
    call_command("kill", str(run.pk), "--reason", "no longer wanted", stdout=io.StringIO())
    assert Run.objects.get().control == "kill"
    with pytest.raises(CommandError, match="already requested"):
        call_command("kill", str(run.pk))


def test_by_itself_it_acts_under_an_account_that_nobody_signs_in_with() -> None:
    probe()
    Command(("Refund",)).give()
    run = the_run()
    (created,) = [each.record for each in stored(run)]
    assert created.actor.startswith("user:command (by ")
    assert not run.principal.has_usable_password()
    assert run.principal.get_all_permissions() == set()


def test_it_starts_for_a_person_who_may_and_for_nobody_else() -> None:
    probe()
    may, may_not = User.objects.create_user("otto"), User.objects.create_user("vera")
    may.groups.add(Group.objects.get(name="operator"))
    may_not.groups.add(Group.objects.get(name="viewer"))
    with pytest.raises(CommandError, match="vera may not start runs"):
        Command(("Refund", "--as", "vera")).give()
    Command(("Refund", "--as", "otto")).give()
    run = Run.objects.get()
    assert (run.principal, run.by_right) == (may, True)
    (created,) = [each.record for each in stored(run)]
    assert created.actor.startswith("user:otto (command by ")
    assert created.person == str(may.pk)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Refund", "--as", "nobody"), "no active user"),
        (("Refund", "--max-steps", "51"), "may have at most 50"),
        (("Refund", "--max-usd", "x"), "Enter a number"),
        ((" ",), "A run needs a goal"),
        (("Refund \udcff",), "bytes that are no text"),
        (("Refund", "--input", "order"), "“=”"),
        (("Refund", "--input", "a=1", "--input", "a=2"), "each name once"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_starts_nothing(
    words: tuple[str, ...], sentence: str
) -> None:
    probe()
    with pytest.raises(CommandError, match=sentence) as caught:
        Command(words).give()
    assert caught.value.returncode == 2
    assert not Run.objects.exists()


@pytest.mark.parametrize("text", ["nan", "-1", "inf", "soon"])
def test_a_time_that_never_ends_is_no_time_to_wait(text: str) -> None:
    probe()
    with pytest.raises(CommandError, match="--timeout"):
        Command(("Refund", "--timeout", text)).give()
    assert not Run.objects.exists()


def test_news_of_other_runs_wake_nobody_and_a_lost_redis_costs_a_pause(settings: Any) -> None:
    probe()
    Command(("Refund",)).give()
    Command(("Another",)).give()
    mine, other = Run.objects.all()
    heard: list[float] = []
    with Following(mine.pk) as news:
        services.pause(run_id=other.pk, actor=User.objects.create_user("otto"), at=now())
        news.wait(0.3)
        thread = threading.Thread(target=lambda: heard.append(waited(news)))
        thread.start()
        services.pause(run_id=mine.pk, actor=User.objects.get(username="otto"), at=now())
        ended(thread)
    assert heard[0] < 30
    settings.REDIS_URL = "unix:///nonexistent/redis.sock?db=0"
    with Following(mine.pk) as deaf:
        deaf.wait(0.01)


def waited(news: Following) -> float:
    """Seconds until there were news."""
    began = now()
    news.wait(60)
    return (now() - began).total_seconds()
