"""One verb for many runs: first what it would do, then a page of its own while it is worked through
run by run, with the rights of whoever asked.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from console.journal.models import Event
from runs import bulk_acts, services
from runs.bulk_acts import BulkOrder, BulkVerb
from runs.models import BulkAct, BulkItem, Run
from runs.search.asker import Asker
from tests.approvals.conftest import approvals_desk as approvals_desk  # the fixture
from tests.pages.bulk import asked, ends, fresh, inside, queued, statuses, told, worked
from tests.pages.bulk import operator as operator  # the fixture
from tests.pages.bulk import otto as otto  # the fixture
from tests.pages.lives import life, running
from tests.pages.people import person
from tests.runtime.conftest import bench as bench  # the fixture

pytestmark = pytest.mark.django_db


def test_the_fleet_leads_to_what_would_be_done_to_all_that_match(
    operator: Client, otto: User
) -> None:
    queued(otto, 12)
    running(otto, "Something else")
    page = operator.get("/?q=order").content.decode()
    assert 'action="/bulk/ask/"' in page
    page = operator.get("/bulk/ask/?verb=kill&q=%22refund+order%22").content.decode()
    assert "Kill 12 runs?" in page
    assert page.count("Refund order") == 10
    assert ">2 more<" in page
    assert "stopped for good" in page
    assert "Something else" not in page
    assert not BulkAct.objects.exists()


def test_what_cannot_be_done_is_counted_apart(operator: Client, otto: User) -> None:
    queued(otto, 2)
    over = life(otto, "Refund that is over")
    over.lease()
    over.complete()
    over.written()
    page = operator.get("/bulk/ask/?verb=pause&q=refund").content.decode()
    assert "Pause 2 runs?" in page
    assert re.search(r"Left as they are:\s+1 completed", page)


def test_all_that_match_are_paused_in_the_background_and_one_event_says_so(
    operator: Client, otto: User
) -> None:
    queued(otto, 5)
    act = asked(operator, "pause", "refund", 5, note="a bad batch")
    assert statuses() == {"queued": 5}, "nothing is done while somebody waits for the page"
    worked()
    assert statuses() == {"paused": 5}
    assert (fresh(act).done, act.refused, act.left) == (5, 0, 0)
    [event] = ends()
    assert (event.person, event.actor) == (str(otto.pk), "user:otto")
    facts = told(event)
    assert {name: facts[name] for name in ("verb", "query", "asked", "done", "refused")} == {
        "verb": "pause", "query": "refund", "asked": 5, "done": 5, "refused": 0,
    }  # fmt: skip
    own = Event.objects.filter(kind="run.paused").values_list("person", flat=True)
    assert list(own) == [str(otto.pk)] * 5


def test_when_it_is_over_its_page_lists_the_runs_and_how_they_stand(
    operator: Client, otto: User
) -> None:
    runs = queued(otto, 3)
    left = queued(otto, 1, "Something else")[0]
    act = asked(operator, "pause", "refund status:queued", 3)
    page = f"/bulk/{act.pk}/"
    assert str(runs[0].pk) not in operator.get(page).content.decode()
    worked()
    shown = operator.get(page).content.decode()
    assert [f'href="/runs/{run.pk}/"' in shown for run in [*runs, left]] == [True] * 3 + [False]
    assert shown.count("<span>Paused</span>") == 3
    assert "and how they stand now" in shown
    assert "</a> then" in shown


def test_only_what_was_ticked_is_killed(operator: Client, otto: User) -> None:
    one, two, three = queued(otto, 3)
    picked = [str(one.pk), str(three.pk)]
    page = operator.get("/bulk/ask/", {"verb": "kill", "run": picked, "q": "refund"})
    assert "Kill 2 runs?" in page.content.decode()
    asked(operator, "kill", "refund", 2, run=picked, note="doubled")
    worked()
    two.refresh_from_db()
    assert two.control == ""
    controls = Run.objects.filter(pk__in=picked).values_list("control", flat=True)
    assert list(controls) == ["kill", "kill"]


def test_a_kill_of_many_needs_a_reason(operator: Client, otto: User) -> None:
    queued(otto, 2)
    answer = operator.post("/bulk/ask/", {"verb": "kill", "q": "", "count": 2, "note": "  "})
    assert answer.status_code == 409
    assert bulk_acts.NO_REASON in answer.content.decode()
    assert not BulkAct.objects.exists()


def test_nothing_to_do_is_said_and_asked_for_in_vain(operator: Client) -> None:
    page = operator.get("/bulk/ask/?verb=pause&q=status:failed").content.decode()
    assert bulk_acts.NONE in page
    answer = operator.post("/bulk/ask/", {"verb": "pause", "q": "status:failed", "count": 0})
    assert answer.status_code == 409
    assert not BulkAct.objects.exists()


def test_another_number_than_the_one_that_was_read_asks_again(operator: Client, otto: User) -> None:
    queued(otto, 3)
    answer = operator.post("/bulk/ask/", {"verb": "pause", "q": "", "count": 2, "note": "batch"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "The number has changed" in text
    assert 'name="count" value="3"' in text
    assert 'value="batch"' in text
    assert not BulkAct.objects.exists()


def test_more_than_the_most_are_refused(
    operator: Client, otto: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_acts, "MOST", 2)
    queued(otto, 4)
    page = operator.get("/bulk/ask/?verb=pause&q=").content.decode()
    assert "one act takes" in page
    answer = operator.post("/bulk/ask/", {"verb": "pause", "q": "", "count": 3})
    assert answer.status_code == 409
    assert not BulkAct.objects.exists()


def test_a_query_with_a_mistake_says_where(operator: Client, otto: User) -> None:
    queued(otto, 1)
    answer = operator.get("/bulk/ask/?verb=pause&q=stauts:failed")
    assert answer.status_code == 422
    assert "Position 1:" in answer.content.decode()
    operator.post("/bulk/ask/", {"verb": "pause", "q": "stauts:failed", "count": 0})
    assert not BulkAct.objects.exists()


@pytest.mark.parametrize("query", ["verb=delete", "", "verb=kill&compensate=steal"])
def test_what_is_no_act_is_not_found(operator: Client, query: str) -> None:
    assert operator.get(f"/bulk/ask/?{query}").status_code == 404


def test_whoever_may_not_operate_runs_sees_and_does_none_of_it(otto: User) -> None:
    queued(otto, 1)
    viewer = inside(person("viewer", "vera"))
    assert "/bulk/" not in viewer.get("/?q=").content.decode()
    assert viewer.get("/bulk/ask/?verb=kill&q=").status_code == 403
    assert viewer.post("/bulk/ask/", {"verb": "pause", "q": "", "count": 1}).status_code == 403


def test_a_run_that_changed_meanwhile_is_refused_with_the_reason(
    operator: Client, otto: User
) -> None:
    one, *_ = queued(otto, 3)
    act = asked(operator, "pause", "status:queued refund", 3)
    services.pause(run_id=one.pk, actor=otto, at=timezone.now())
    worked()
    assert (fresh(act).done, act.refused) == (2, 1)
    [refused] = act.items.filter(state="refused")
    assert (refused.run, refused.why) == (one.pk, bulk_acts.UNFIT)
    page = operator.get(f"/bulk/{act.pk}/").content.decode()
    assert bulk_acts.UNFIT in page
    assert str(one.pk) in page


def test_a_ticked_run_that_ended_meanwhile_is_refused_in_the_words_of_the_single_act(
    operator: Client, otto: User
) -> None:
    one, two = queued(otto, 2)
    act = asked(operator, "kill", "", 2, run=[str(one.pk), str(two.pk)], note="doubled")
    services.kill(run_id=one.pk, actor=otto, at=timezone.now())
    worked()
    assert (fresh(act).done, act.refused) == (1, 1)
    assert told(ends()[0])["why"] == {
        "A kill was already requested; it is waiting for a worker to confirm.": 1
    }


def test_a_right_that_is_lost_half_way_ends_what_is_left(operator: Client, otto: User) -> None:
    queued(otto, 4)
    act = asked(operator, "pause", "refund", 4)
    now = timezone.now()
    assert bulk_acts.step(act.pk, now)
    assert bulk_acts.step(act.pk, now)
    otto.groups.clear()
    worked()
    assert (fresh(act).done, act.refused) == (2, 2)
    assert statuses() == {"paused": 2, "queued": 2}
    assert {each.why for each in act.items.filter(state="refused")} == {bulk_acts.LOST}


def test_so_does_somebody_who_is_switched_off(operator: Client, otto: User) -> None:
    queued(otto, 2)
    act = asked(operator, "pause", "refund", 2)
    User.objects.filter(pk=otto.pk).update(is_active=False)
    worked()
    assert (fresh(act).done, act.refused) == (0, 2)


def test_an_abort_leaves_the_rest_alone(operator: Client, otto: User) -> None:
    queued(otto, 3)
    act = asked(operator, "pause", "refund", 3)
    bulk_acts.step(act.pk, timezone.now())
    bert = inside(person("operator", "bert"))
    assert "Abort" in bert.get(f"/bulk/{act.pk}/").content.decode()
    bert.post(f"/bulk/{act.pk}/abort/")
    worked()
    assert statuses() == {"paused": 1, "queued": 2}
    assert (fresh(act).done, act.left, act.aborted_by) == (1, 2, "bert")
    [event] = ends()
    assert (told(event)["left"], told(event)["aborted_by"]) == (2, "bert")
    again = bert.post(f"/bulk/{act.pk}/abort/", follow=True).content.decode()
    assert bulk_acts.OVER in again
    assert len(ends()) == 1


def test_what_cannot_be_done_for_a_reason_nobody_foresaw_holds_nothing_up(
    operator: Client, otto: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *_ = queued(otto, 3)
    act = asked(operator, "pause", "refund", 3)
    paused = services.pause

    def falls(**facts: Any) -> Run:
        if facts["run_id"] == one.pk:
            raise RuntimeError("the disk is made of cheese")
        return paused(**facts)

    monkeypatch.setattr(services, "pause", falls)
    worked()
    assert (fresh(act).done, act.refused) == (2, 1)
    assert act.items.get(state="refused").why == bulk_acts.FAILED


def test_a_worker_that_dies_between_an_act_and_its_note_leaves_neither(
    operator: Client, otto: User
) -> None:
    queued(otto, 2)
    act = asked(operator, "pause", "refund", 2)
    paused = services.pause

    def dies(**facts: Any) -> Run:
        paused(**facts)
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "pause", dies)
        with pytest.raises(SystemExit):
            bulk_acts.step(act.pk, timezone.now())
    assert statuses() == {"queued": 2}
    assert (fresh(act).done, act.left) == (0, 2)
    worked()
    assert Event.objects.filter(kind="run.paused").count() == 2


def test_the_page_of_an_act_asks_again_until_it_is_over(operator: Client, otto: User) -> None:
    queued(otto, 2)
    act = asked(operator, "pause", "refund", 2)
    page = operator.get(f"/bulk/{act.pk}/").content.decode()
    assert 'hx-trigger="every 1s"' in page
    assert "<b>2</b> to go" in page
    worked()
    part = operator.get(f"/bulk/{act.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in part
    assert "<html" not in part
    assert "<b>2</b> paused" in part
    assert "Pause 2 runs" in operator.get("/bulk/").content.decode()


def test_hostile_words_of_an_act_are_only_text(operator: Client, otto: User) -> None:
    queued(otto, 1, "<script>alert(1)</script>")
    act = asked(operator, "pause", '"<script>alert(1)</script>"', 1, note="<img src=x>")
    for path in ("/bulk/", f"/bulk/{act.pk}/", "/bulk/ask/?verb=kill&q=%3Cscript%3E"):
        text = operator.get(path).content.decode()
        assert "<script>alert" not in text
        assert "<img" not in text


def test_times_of_a_query_mean_what_they_meant_when_it_was_asked(otto: User) -> None:
    queued(otto, 1)
    now = timezone.now()
    wanted = BulkOrder(BulkVerb.PAUSE, "age<1h")
    runs = bulk_acts.able(wanted, Asker(otto.pk, frozenset(), now))
    act = bulk_acts.begin(user=otto, wanted=wanted, runs=runs, zone="UTC", at=now)
    bulk_acts.go_round(5.0, now + timedelta(hours=3))
    assert fresh(act).done == 1


def test_no_run_stands_twice_in_an_act(operator: Client, otto: User) -> None:
    [one] = queued(otto, 1)
    asked(operator, "pause", "", 1, run=[str(one.pk)] * 3)
    assert BulkItem.objects.count() == 1
