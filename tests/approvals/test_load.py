"""Load as a managed thing: runs pause rather than flood the queue, and who decides how much is
seen.
"""

from datetime import UTC, datetime, timedelta

from django.test import Client

from approvals.models import Guard, Request
from approvals.selectors import load
from approvals.services import guarding
from runs import services
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.approvals.desk import Desk
from tests.markup import read


def now() -> datetime:
    return datetime.now(UTC)


def asking(desk: Desk, count: int) -> list[Run]:
    return [desk.start(f"{{ order_id = {number + 1}, amount = 20.0 }}") for number in range(count)]


def statuses(desk: Desk, runs: list[Run]) -> list[str]:
    return [desk.bench.look(run).status for run in runs]


def test_without_a_limit_nobody_is_paused(approvals_desk: Desk) -> None:
    asking(approvals_desk, 3)
    assert guarding.guard(at=now()) == 0


def test_more_than_an_agent_may_ask_pauses_the_newest_runs(approvals_desk: Desk) -> None:
    Guard.objects.create(agent="probe", most=2)
    runs = asking(approvals_desk, 4)
    assert guarding.guard(at=now()) == 2
    assert statuses(approvals_desk, runs) == ["waiting", "waiting", "paused", "paused"]
    assert Request.objects.filter(status="open").count() == 2
    assert "2 requests open" in approvals_desk.bench.look(runs[3]).stop_detail
    assert guarding.guard(at=now()) == 0


def test_when_there_is_room_again_the_oldest_goes_on_by_itself_and_asks(
    approvals_desk: Desk,
) -> None:
    Guard.objects.create(agent="probe", most=1)
    runs = asking(approvals_desk, 3)
    guarding.guard(at=now())
    approvals_desk.decide(approvals_desk.asked(runs[0]), AnswerAct.DENY)
    assert guarding.guard(at=now()) == 0
    assert statuses(approvals_desk, runs[1:]) == ["queued", "paused"]
    assert approvals_desk.bench.play(runs[1]).status == "waiting"
    assert guarding.guard(at=now()) == 0
    assert statuses(approvals_desk, runs[1:]) == ["waiting", "paused"]


def test_without_the_limit_all_that_it_held_go_on_and_what_a_person_paused_does_not(
    approvals_desk: Desk,
) -> None:
    limit = Guard.objects.create(agent="probe", most=0)
    held, paused = asking(approvals_desk, 2)
    services.pause(run_id=paused.pk, actor=approvals_desk.bench.user, at=now())
    guarding.guard(at=now())
    limit.delete()
    guarding.guard(at=now())
    assert statuses(approvals_desk, [held, paused]) == ["queued", "paused"]


def test_an_agents_own_limit_counts_before_that_of_all(approvals_desk: Desk) -> None:
    Guard.objects.create(agent="*", most=1)
    Guard.objects.create(agent="probe", most=3)
    asking(approvals_desk, 3)
    assert guarding.guard(at=now()) == 0


def test_a_run_that_goes_on_asks_again_with_its_whole_time(approvals_desk: Desk) -> None:
    guard = Guard.objects.create(agent="probe", most=1)
    _, held = asking(approvals_desk, 2)
    guarding.guard(at=now())
    Request.objects.filter(run=held).update(expires_at=now() - timedelta(hours=1))
    guard.delete()
    services.resume(run_id=held.pk, actor=approvals_desk.bench.user, at=now())
    assert approvals_desk.bench.play(held).status == "waiting"
    request = approvals_desk.asked(held)
    assert request.expires_at is not None
    assert request.expires_at > now() + timedelta(minutes=29)
    approvals_desk.decide(request)
    assert approvals_desk.bench.play(held).status == "completed"
    assert len(approvals_desk.paid()) == 1


def test_the_load_says_who_decided_and_how_quickly(approvals_desk: Desk) -> None:
    first, second, _ = (approvals_desk.asked(run) for run in asking(approvals_desk, 3))
    approvals_desk.decide(first, at=first.asked_at + timedelta(seconds=10))
    approvals_desk.decide(second, at=second.asked_at + timedelta(seconds=30))
    found = load.load(now())
    assert (found.open_now, found.decided, found.typical) == (1, 2, "20 s")
    assert [
        (each.name, each.decisions, each.typical, each.slowest) for each in found.approvers
    ] == [("ada", 2, "20 s", "30 s")]
    client = Client()
    client.force_login(approvals_desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    Guard.objects.create(agent="probe", most=7)
    page = read(client.get("/approvals/load/").content)
    (figure,) = [each for each in page.all("div") if each.words.startswith("Median response")]
    assert figure.one("dd").words == "20 s"
    (row,) = [each for each in page.all("tr") if "Probe" in each.words]
    assert [cell.words for cell in row.all("td")] == ["Probe", "1", "7", "0"]
