"""Pages of the halt levers: who may pull them, what they say they will reach, the banner
everywhere, and how paused runs go on.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from console import tasks
from console.journal import database_clock
from policies.halts import halt_levers
from policies.halts.models import Halt
from policies.halts.rules import Lever, Reach
from runs import released_levers
from runs.engine import events as e
from runs.engine.vocabulary import StopReason
from runs.models import Run
from runs.reading import reach
from tests.pages.lives import agent, life, running
from tests.pages.people import person, signed_in
from tests.pages.test_frame import INLINE

pytestmark = pytest.mark.django_db
HALT = "/policies/halt/"
AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
REASON = "Refunds go to the wrong people"


@pytest.fixture
def anna() -> User:
    return person("operator", "anna")


def pulled(who: User, kind: str = "irreversible", target: str = "") -> Halt:
    return halt_levers.pull(reach=kind, target=target, reason=REASON, actor=who, at=AT)


def text(client: Client, path: str, **headers: Any) -> str:
    return client.get(path, **headers).content.decode()


def test_the_banner_is_on_every_page_with_name_time_and_reason(anna: User) -> None:
    pulled(anna)
    client = signed_in("viewer")
    for path in ("/", "/health/", f"/runs/{running(anna).run.pk}/"):
        page = text(client, path)
        assert "Everything irreversible is halted." in page, path
        assert "anna at 14:02 UTC" in page
        assert REASON in page
        assert "Turn off…" not in page, "a viewer lets go of nothing"


def test_a_viewer_reads_no_name_of_a_tool_in_the_banner(anna: User) -> None:
    pulled(anna, "tool", "issue_refund")
    assert "issue_refund" not in text(signed_in("viewer"), "/")
    assert "Every call of issue_refund is halted." in text(signed_in("operator"), "/")


def test_the_lever_is_in_reach_on_every_page_for_those_who_may_pull_it() -> None:
    for group, there in (
        ("operator", True),
        ("admin", True),
        ("viewer", False),
        ("approver", False),
        ("auditor", False),
    ):
        assert ("Halt…" in text(signed_in(group), "/")) is there, group


@pytest.mark.parametrize("group", ["viewer", "approver", "auditor"])
def test_others_may_not_pull_nor_release(anna: User, group: str) -> None:
    row, client = pulled(anna), signed_in(group)
    release = reverse("halt_release", args=[row.pk])
    for path in (HALT, "/policies/halt/reach/", release):
        assert client.get(path).status_code == 403
    assert client.post(HALT, {"reach": "all", "reason": "mine"}).status_code == 403
    assert client.post(release).status_code == 403
    assert [each.released_at for each in Halt.objects.all()] == [None]


def test_pulling_without_javascript_leads_back_to_a_page_that_says_so() -> None:
    client = signed_in("operator")
    answer = client.post(
        HALT,
        {"reach": "tool", "tool": "issue_* send_email", "agent": "ignored", "reason": REASON},
        follow=True,
    )
    page = answer.content.decode()
    assert "Every call of issue_* send_email is halted." in page
    assert "In force everywhere within a second" in page
    row = Halt.objects.get()
    assert (row.reach, row.target, row.pulled_by) == ("tool", "issue_* send_email", "some-operator")


def test_pulling_with_htmx_answers_with_the_banner_and_a_toast() -> None:
    answer = signed_in("operator").post(
        HALT, {"reach": "all", "reason": REASON}, headers={"HX-Request": "true"}
    )
    page = answer.content.decode()
    assert 'id="halts"' in page
    assert "Every run is halted." in page
    assert 'id="toasts"' in page


def test_a_refusal_says_why() -> None:
    client = signed_in("operator")
    for form in (
        {"reach": "all"},
        {"reach": "agent", "reason": "x"},
        {"reach": "moon", "reason": "x"},
    ):
        answer = client.post(HALT, form, headers={"HX-Request": "true"})
        assert answer.status_code == 409
    assert "needs a reason" in client.post(HALT, {"reach": "all"}).content.decode()


@pytest.mark.parametrize(
    ("kind", "named", "said"),
    [
        ("tool", "issue_refnd", "There is no tool “issue_refnd”; did you mean “issue_refund”?"),
        ("tool", "send_* issue_refnd", "The pattern issue_refnd* halts what may come later."),
        ("agent", "refund-dsk", "There is no agent “refund-dsk”; did you mean “refund-desk”?"),
    ],
)
def test_a_name_that_nothing_has_halts_nothing_and_says_which_is_meant(
    kind: str, named: str, said: str
) -> None:
    agent("refund-desk")
    client = signed_in("operator")
    answer = client.post(HALT, {"reach": kind, kind: named, "reason": REASON})
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert not Halt.objects.exists()
    client.post(HALT, {"reach": "tool", "tool": "issue_refnd*", "reason": REASON})
    assert Halt.objects.get().target == "issue_refnd*"


def test_the_dialog_says_how_many_runs_each_lever_reaches(anna: User) -> None:
    agent("refund-desk", tools=["get_order", "issue_refund"])
    agent("bug-triage", tools=["get_ticket", "update_ticket"])
    for name, count in (("refund-desk", 3), ("bug-triage", 2)):
        for number in range(count):
            live = life(anna, f"goal {number}", of=agent(name))
            live.lease()
            live.written()
    ended = life(anna, "over")
    ended.lease()
    ended.stop()
    ended.written()
    page = text(signed_in("operator"), HALT)
    assert "It reaches 5 active runs of 2 agents: Refund desk 3, Bug triage 2." in page
    assert "It reaches 3 active runs of Refund desk." in page


def test_the_reach_of_tools_follows_what_agents_may_call(anna: User) -> None:
    agent("refund-desk", tools=["get_*", "issue_refund"])
    running(anna)
    client = signed_in("operator")
    for query, said in (
        ("reach=tool&tool=issue_*", "1 active run of Refund desk"),
        ("reach=tool&tool=send_email", "no run that is active"),
        ("reach=agent&agent=refund-desk", "1 active run of Refund desk"),
        ("reach=irreversible", "1 active run of Refund desk"),
        ("reach=tool&tool=", '<p id="reach" class="quiet" role="status"></p>'),
        ("reach=moon", '<p id="reach" class="quiet" role="status"></p>'),
    ):
        assert said in text(client, f"/policies/halt/reach/?{query}"), query


def test_tools_of_a_server_are_reached_by_patterns_of_that_server() -> None:
    agents = [reach.Active("clock", "Clock", 2, (("time.tool", ""),))]
    for target, count in (("time.*", 1), ("time.convert", 1), ("other.*", 0), ("*", 1)):
        assert len(reach.reached(agents, Lever(0, Reach.TOOL, target, "", AT, ""))) == count, target
    assert len(reach.reached(agents, Lever(0, Reach.IRREVERSIBLE, "", "", AT, ""))) == 1, (
        "nobody knows what they do"
    )


def paused(anna: User, lever: Halt) -> Run:
    one = life(anna, "refund order 7")
    one.lease()
    facts = {"lever": lever.pk}
    one.happen(
        e.RunPaused(
            at=one.after(1),
            reason=StopReason.USER_PAUSED,
            rule="halt:irreversible",
            detail="Stopped by anna",
            facts=facts,
        )
    )
    return one.written()


def test_releasing_says_how_many_runs_it_paused_and_lets_them_go_on_once_all_workers_know(
    anna: User,
) -> None:
    row = pulled(anna)
    run, other = paused(anna, row), running(anna).run
    client = signed_in("operator")
    release = reverse("halt_release", args=[row.pk])
    assert "Resume the 1 run that it paused" in text(client, release)
    page = client.post(release, {"resume": "1", "note": "fixed"}, follow=True).content.decode()
    assert "1 run will go on in a moment" in page
    released_at = Halt.objects.values_list("released_at", flat=True).get(pk=row.pk)
    assert released_at
    assert released_levers.go_round(released_at + timedelta(seconds=1)) == 0
    assert Run.objects.get(pk=run.pk).status == "paused", "not before every worker knows"
    known = released_at + timedelta(seconds=2)
    assert [released_levers.go_round(known) for _ in range(2)] == [1, 0]
    assert Run.objects.get(pk=run.pk).status == "queued"
    assert Run.objects.get(pk=other.pk).status == "running"


def test_a_broker_that_is_away_keeps_no_released_run_paused(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("the broker is away")

    row = pulled(anna)
    run = paused(anna, row)
    monkeypatch.setattr(tasks.resume_halted, "apply_async", away)
    signed_in("operator").post(reverse("halt_release", args=[row.pk]), {"resume": "1"})
    released_levers.go_round(database_clock.now() + timedelta(seconds=2))
    assert Run.objects.get(pk=run.pk).status == "queued"


def test_runs_of_a_lever_stay_paused_when_whoever_released_it_was_switched_off_meanwhile(
    anna: User,
) -> None:
    row = pulled(anna)
    run = paused(anna, row)
    client = signed_in("operator")
    client.post(reverse("halt_release", args=[row.pk]), {"resume": "1"})
    User.objects.filter(username="some-operator").update(is_active=False)
    assert released_levers.go_round(database_clock.now() + timedelta(seconds=2)) == 0
    assert Run.objects.get(pk=run.pk).status == "paused"
    assert not Halt.objects.get(pk=row.pk).resuming


def test_runs_may_be_left_paused_when_a_lever_is_released(anna: User) -> None:
    row = pulled(anna)
    run = paused(anna, row)
    page = (
        signed_in("operator")
        .post(reverse("halt_release", args=[row.pk]), follow=True)
        .content.decode()
    )
    assert "Released." in page
    assert Halt.objects.get().released_by == "some-operator"
    assert released_levers.go_round(database_clock.now() + timedelta(seconds=2)) == 0
    assert Run.objects.get(pk=run.pk).status == "paused"


def test_a_released_lever_is_no_longer_there_to_release_and_stands_in_the_record(
    anna: User,
) -> None:
    row = pulled(anna)
    halt_levers.release(halt_id=row.pk, actor=anna, at=AT + timedelta(minutes=9), note_="sorted")
    client = signed_in("operator")
    again = client.get(reverse("halt_release", args=[row.pk]))
    assert again.status_code == 409
    assert "released already, by anna at 14:11" in again.content.decode()
    assert client.post(reverse("halt_release", args=[row.pk])).status_code == 409
    page = text(client, HALT)
    assert "2026-11-20 14:11:00" in page
    assert "sorted" in page
    assert "is halted." not in text(client, "/")


def asked_on(path: str) -> dict[str, str]:
    """The headers of a form that is sent from this page."""
    return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"}


def test_pages_about_policies_are_drawn_anew_after_a_pull() -> None:
    answer = signed_in("operator").post(
        HALT, {"reach": "all", "reason": REASON}, headers=asked_on("/policies/breakers/")
    )
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


def test_a_halt_that_is_turned_off_on_its_own_page_leads_to_the_halts(anna: User) -> None:
    row, client = pulled(anna), signed_in("operator")
    its_page = reverse("halt_release", args=[row.pk])
    answer = client.post(its_page, headers=asked_on(its_page))
    assert (answer.status_code, answer["HX-Redirect"]) == (204, HALT)
    page = text(client, HALT)
    assert "Released." in page
    assert REASON in page, "it stands among those that were turned off"


def test_the_levers_pages_hold_nothing_inline(anna: User) -> None:
    row, client = pulled(anna), signed_in("operator")
    for path in (HALT, reverse("halt_release", args=[row.pk]), "/policies/"):
        for headers in ({}, {"HX-Request": "true"}):
            found = INLINE.search(client.get(path, headers=headers).content.decode())
            assert not found, (path, found)


def test_auditors_find_pulls_and_releases(anna: User) -> None:
    halt_levers.release(halt_id=pulled(anna).pk, actor=anna, at=AT)
    page = text(signed_in("auditor"), "/audit/?kind=halt.")
    assert "halt.pulled" in page
    assert "halt.released" in page
    assert REASON in page
