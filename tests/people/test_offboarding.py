"""Somebody leaves, in one act and at once: sessions, sockets, links, tokens, session approvals, and
their runs as the one who offboards them says.
"""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.models import OneTimeLink
from console.pages import signin
from console.people import offboarding
from console.people.offboarding import Leaving, RunsLeft
from console.refused import Refused
from console.stack.processes import Running
from policies.current.four_eyes.models import FourEyesRule
from policies.current.four_eyes.rules import WideningKind
from runs import handing_over
from runs.engine.vocabulary import Control, RunStatus, StopReason
from runs.models import Run
from tests.live import sockets
from tests.pages.lives import life, running
from tests.pages.people import person
from tests.people.test_rights import client, staff

pytestmark = pytest.mark.django_db


def last(run: Run) -> str:
    return [each.record.kind for each in journal.read(connection, run.pk)][-1]


def leaves(
    whom: User, editor: User, runs: RunsLeft = RunsLeft.PAUSE, to: User | None = None
) -> Any:
    leaving = Leaving(whom, runs, to, "the contract ended")
    return offboarding.offboard(leaving, editor=editor, at=timezone.now())


def post(editor: User, whom: User, **fields: object) -> Any:
    sent = {"runs": "pause", "note": "the contract ended", **fields}
    return client(editor).post(f"/people/{whom.pk}/offboard/", sent)


@pytest.mark.django_db(transaction=True)
def test_an_open_socket_ends_within_two_seconds(web: Running) -> None:
    olga, admin = person("operator", "olga"), staff()
    key = sockets.session_of(olga)
    stays = sockets.signed_in("operator")
    with (
        sockets.watch(web, sockets.cookie(key), "fleet") as peer,
        sockets.watch(web, stays, "fleet") as other,
    ):
        began = time.monotonic()
        assert post(admin, olga).status_code == 302
        assert sockets.close_code(peer) == 4401
        assert time.monotonic() - began <= 2.0
        sockets.say(other, watch=["fleet"])
        assert sockets.hear(other, "watching") == ["fleet"]


def test_sessions_links_and_tokens_end_with_it_and_the_journal_says_so() -> None:
    olga, admin = person("operator", "olga"), staff()
    browser = Client()
    browser.post("/signin/", {"username": "olga", "password": "correct horse"})
    link = signin.issue(olga, timezone.now())
    assert post(admin, olga)["Location"] == f"/admin/auth/user/{olga.pk}/change/"
    assert browser.get("/account/").status_code == 302
    assert OneTimeLink.objects.count() == 0
    assert Client().post(link).status_code == 410
    olga.refresh_from_db()
    assert not olga.is_active
    noted = {each.record.kind: each.record for each in journal.read(connection, HOUSE_KEY)}
    told = noted["user.offboarded"]
    assert (told.actor, told.data["sessions"], told.data["policy"]) == ("user:gadmin", 1, "pause")


def test_runs_pause_when_that_is_said(django_capture_on_commit_callbacks: Any) -> None:
    olga, admin = person("operator", "olga"), staff()
    run = life(olga).run
    with django_capture_on_commit_callbacks(execute=True):
        leaves(olga, admin)
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (RunStatus.PAUSED, StopReason.PRINCIPAL_GONE)


def test_runs_are_stopped_when_that_is_said() -> None:
    olga, admin = person("operator", "olga"), staff()
    run = running(olga).run
    assert leaves(olga, admin, RunsLeft.STOP).runs == 1
    run.refresh_from_db()
    assert run.control == Control.KILL


def test_runs_go_on_for_whoever_takes_them_over(django_capture_on_commit_callbacks: Any) -> None:
    olga, admin, bert = person("operator", "olga"), staff(), person("operator", "bert")
    run = life(olga).run
    with django_capture_on_commit_callbacks(execute=True):
        leaves(olga, admin, RunsLeft.HAND_OVER, bert)
    run.refresh_from_db()
    assert (run.status, run.principal, last(run)) == (
        RunStatus.QUEUED,
        bert,
        "run.handed_over",
    )


def test_a_run_that_paused_in_its_workers_hands_goes_on_once_it_was_handed_over(
    django_capture_on_commit_callbacks: Any,
) -> None:
    olga, admin, bert = person("operator", "olga"), staff(), person("operator", "bert")
    run = life(olga).run
    with django_capture_on_commit_callbacks(execute=True):
        leaves(olga, admin)
    assert handing_over.sweep(at=timezone.now()) == 0
    with django_capture_on_commit_callbacks(execute=True):
        leaves(olga, admin, RunsLeft.HAND_OVER, bert)
    run.refresh_from_db()
    assert (run.status, last(run)) == (RunStatus.QUEUED, "run.resumed")


def test_runs_go_to_nobody_who_may_start_none_or_may_more_than_the_one_who_hands_them_over() -> (
    None
):
    olga, admin = person("operator", "olga"), staff()
    owner = User.objects.create_superuser("olivia")
    for to in (person("viewer", "vera"), owner, olga, None):
        with pytest.raises(Refused, match="who takes the runs over"):
            leaves(olga, admin, RunsLeft.HAND_OVER, to)
    olga.refresh_from_db()
    assert olga.is_active


def test_nobody_offboards_themself_an_owner_without_being_one_or_the_last_owner() -> None:
    admin, owner = staff(), User.objects.create_superuser("olivia")
    for whom, sentence in ((admin, "Nobody offboards themself"), (owner, "the last owner")):
        page = post(admin, whom)
        assert page.status_code == 409
        assert sentence in page.content.decode()
    User.objects.create_superuser("oscar")
    assert "holds rights that you do not" in post(admin, owner).content.decode()
    owner.refresh_from_db()
    assert owner.is_active


def test_it_needs_a_reason_and_the_right_to_change_people() -> None:
    olga = person("operator", "olga")
    answer = post(staff(), olga, note="")
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()
    assert post(person("operator", "bert"), olga).status_code == 403
    olga.refresh_from_db()
    assert olga.is_active


def test_the_page_says_what_ends_and_the_admin_leads_to_it() -> None:
    olga, admin = person("operator", "olga"), staff()
    running(olga)
    page = client(admin).get(f"/people/{olga.pk}/offboard/").content.decode()
    assert "1 run that works for them" in page
    change = client(admin).get(f"/admin/auth/user/{olga.pk}/change/").content.decode()
    assert f'href="/people/{olga.pk}/offboard/"' in change
    assert Run.objects.get().status == RunStatus.RUNNING


def test_it_is_said_whose_changes_nobody_could_confirm_any_more() -> None:
    admin, other = staff(), person("admin", "ada")
    page = f"/people/{other.pk}/offboard/"
    said = "nobody could confirm changes of tool policies that are loosened"
    assert said not in client(admin).get(page).content.decode()
    FourEyesRule.objects.filter(kind=WideningKind.TOOL_POLICY).update(enabled=True)
    assert said in client(admin).get(page).content.decode()
    third = person("admin", "bea")
    assert said not in client(admin).get(page).content.decode()
    third.is_active = False
    third.save()
    assert said in client(admin).get(page).content.decode()
    olga = person("operator", "olga")
    assert said not in client(admin).get(f"/people/{olga.pk}/offboard/").content.decode()
