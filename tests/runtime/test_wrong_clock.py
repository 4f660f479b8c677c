"""A real worker on a host whose clock is ten minutes off: its runs wait, run and are written down
by the database's clock.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import connection

from approvals.models import Request
from approvals.services import expiring
from console.journal import database_clock
from console.journal.models import Event
from console.live import telling
from console.pages import signin
from console.stack import processes
from policies.gate.models import ToolPolicy
from runs import services
from runs.engine.vocabulary import RunStatus
from runs.models import Agent, Run
from runs.runtime import watchdog
from tests.pages.people import person
from tests.patience import PATIENCE, until
from tests.runtime.conftest import kinds, now, operator, stored

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("faketime") is None, reason="needs libfaketime"),
]
RATE_LIMITED = '[[step]]\nfinal = "done"\nfault = "rate_limited"\nretry_after = 5\ntimes = 1\n'
SLOW = '[[step]]\nfinal = "done"\ndelay = 1\n'
A_MOMENT = timedelta(seconds=120)
"""Long for a busy machine, short beside what the clock is off by."""
OFF_BY = re.compile(r"its clock is (?:59|60)\d s ")


@pytest.fixture(params=["+600", "-600"])
def lies(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a process whose host's clock is so many seconds off."""
    said = subprocess.run(
        ["faketime", "-f", request.param, "env"], capture_output=True, text=True, check=True
    ).stdout
    given = dict(
        line.split("=", 1)
        for line in said.splitlines()
        if line.startswith(("LD_PRELOAD=", "FAKETIME"))
    )
    return {**given, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture
def off(lies: dict[str, str], transactional_db: None) -> Iterator[processes.Running]:
    """The only worker there is, on such a host."""
    with processes.worker(environment=lies) as running:
        yield running


def started(who: User, script: str, **facts: object) -> Run:
    agent = Agent.objects.create(
        name="patient", title="Patient", planner="scripted", script=script, **facts
    )
    return services.start(agent=agent, goal="wait", principal=who, at=now())


@pytest.fixture
def opal() -> User:
    return operator("opal")


def look(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def in_order(run: Run) -> None:
    """The journal's times follow each other, and none is from another time than the run's own."""
    times = [each.record.at for each in stored(run)]
    assert times == sorted(times)
    assert times[-1] - times[0] < A_MOMENT
    assert abs(times[-1] - now()) < A_MOMENT


def test_a_back_off_lasts_as_long_as_was_asked_for_and_nobody_runs_in_circles_meanwhile(
    off: processes.Running, opal: User
) -> None:
    run = started(opal, RATE_LIMITED)
    until(lambda: look(run).wake_at is not None, "the back-off to begin")
    waits = (look(run).wake_at or now()) - now()
    assert timedelta(seconds=2) < waits <= timedelta(seconds=6)

    def over() -> bool:
        watchdog.watch()
        return look(run).status == RunStatus.COMPLETED

    until(over, "the back-off to end")
    assert kinds(run).count("run.leased") == 2
    in_order(run)


def test_a_run_that_another_worker_began_is_not_out_of_time(
    off: processes.Running, opal: User
) -> None:
    run = started(opal, SLOW, max_seconds=60)
    until(lambda: look(run).status == RunStatus.RUNNING, "the run to be taken")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE runs_run SET lease_epoch = lease_epoch + 1, lease_expires_at = now() - interval"
            " '1 second'"
        )

    def ended() -> bool:
        watchdog.watch()
        return look(run).status == RunStatus.COMPLETED

    until(ended, "the run to end")
    in_order(run)


def test_it_is_said_that_its_clock_is_wrong(off: processes.Running) -> None:
    def told() -> str:
        return " ".join(each.trouble for each in telling.everybody() if each.name == telling.CLOCK)

    until(lambda: OFF_BY.search(told()), "the health page to be told")
    assert "the database's, which is used instead" in told()
    assert OFF_BY.search(off.log.read_text())


def test_what_a_person_is_asked_stays_open_as_long_as_its_policy_says(
    off: processes.Running,
) -> None:
    ToolPolicy.objects.create(
        name="letters", tool="send_email", priority=1, verdict="require_approval", ttl_seconds=120
    )
    script = (
        '[[step]]\ncall = { tool = "send_email", args = { to = "a@b.example", subject = "hi", body'
        ' = "hi" } }\n'
    )
    started(person("operator"), script, tools=["send_email"])
    until(Request.objects.exists, "the question")
    asked = Request.objects.get()
    assert asked.expires_at is not None
    assert timedelta(seconds=90) < asked.expires_at - now() <= timedelta(seconds=121)
    assert expiring.sweep(at=database_clock.now()) == 0
    assert Request.objects.get().status == "open"


def test_a_link_to_sign_in_is_good_on_a_web_server_whose_clock_is_wrong(
    lies: dict[str, str], transactional_db: None
) -> None:
    path = signin.issue(person("operator"), database_clock.now())
    with (
        processes.web(environment=lies) as web,
        httpx.Client(base_url=web.url, timeout=PATIENCE) as visitor,
    ):
        assert visitor.get(path).status_code == 200
        answer = visitor.post(
            path,
            data={"csrfmiddlewaretoken": visitor.cookies["csrftoken"]},
            headers={"origin": web.url},
        )
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert abs(Event.objects.get(kind="auth.signed_in").ts - now()) < A_MOMENT
