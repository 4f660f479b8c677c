"""An answer that does not meet what was agreed, and an agent whose approvers may accept it anyway:
the run asks instead of stopping.
"""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.services import deciding
from console.refused import Refused
from runs import run_rows, services
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.approvals.desk import person
from tests.runtime.conftest import Bench, answering, calling, kinds, stored
from tests.supervision.conftest import approver as approver
from tests.supervision.conftest import house as house

CRITERIA = [
    {"name": "looked-up", "cel": "called('get_order') > 0"},
    {"name": "told", "cel": "called('tell') > 0", "sentence": "The customer has not been told."},
]
DONE = answering("Order 1042 is settled.")


def unaccepted(house: Bench, script: str = DONE * 9) -> Run:
    """A run that has given its answer twice and pauses over it."""
    house.tool("get_order")
    house.tool("tell")
    script = calling("get_order") + script
    return house.play(
        house.start(script, acceptance=CRITERIA, answers_refused=1, person_may_accept=True)
    )


def decide(run: Run, who: User, act: AnswerAct, note: str = "") -> Request:
    asked = Request.objects.get(run=run, status="open")
    at = datetime.now(UTC)
    return deciding.decide_at_once(
        request_id=asked.pk,
        actor=who,
        at=at,
        act=act,
        digest=asked.digest,
        version=asked.version,
        note=note,
    )


def test_the_run_pauses_and_asks_with_each_criterion_as_met_or_not(house: Bench) -> None:
    run = unaccepted(house)
    asked = Request.objects.get(run=run)
    assert (run.status, run.stop_reason, run.lease_owner) == ("paused", "ACCEPTANCE_FAILED", "")
    assert (asked.kind, asked.status, asked.rule, asked.expires_at) == (
        "acceptance",
        "open",
        "acceptance",
        None,
    )
    assert {check["name"]: check["passed"] for check in asked.facts["checks"]} == {
        "looked-up": True,
        "told": False,
    }


def test_what_an_agent_allows_is_pinned_at_the_start(house: Bench) -> None:
    house.tool("get_order")
    run = house.start(DONE * 9, acceptance=CRITERIA, answers_refused=1, person_may_accept=False)
    run.agent.person_may_accept = True
    run.agent.save()
    assert house.play(run).status == "stopped"
    assert not Request.objects.filter(run=run).exists()


def test_an_accepted_answer_completes_the_run_and_says_who_overrode_what(
    house: Bench, approver: User
) -> None:
    run = unaccepted(house)
    decided = decide(run, approver, AnswerAct.APPROVE, note="they were told by phone")
    run = house.look(run)
    assert (decided.status, decided.act, decided.decided_by) == ("decided", "approve", "user:ada")
    assert (run.status, run.stop_reason) == ("completed", "COMPLETED")
    assert run.stop_detail == "ada accepted the answer as it is; not met: told."
    word, end = (row.record for row in stored(run)[-2:])
    assert (word.kind, word.actor, word.data["unmet"], word.data["note"]) == (
        "answer.decided",
        "user:ada",
        ["told"],
        "they were told by phone",
    )
    assert (end.kind, end.data["final"]) == ("run.completed", "Order 1042 is settled.")
    page = seen(run, house.user)
    assert (
        "ada accepted the answer as it is, although not met: told — they were told by phone" in page
    )
    assert "1 of 2 met · accepted as it is by ada" in page


def test_an_answer_that_is_not_accepted_stops_the_run_for_that_reason(
    house: Bench, approver: User
) -> None:
    run = unaccepted(house)
    decide(run, approver, AnswerAct.DENY, note="ring them")
    run = house.look(run)
    assert (run.status, run.stop_reason) == ("stopped", "ACCEPTANCE_FAILED")
    assert run.stop_detail == "ada did not accept the answer either; not met: told. ring them"
    assert Request.objects.get(run=run).status == "decided"


def test_an_answer_sent_back_is_heard_by_the_planner_which_has_its_tries_again(
    house: Bench, approver: User
) -> None:
    run = unaccepted(house, DONE * 2 + calling("tell") + DONE)
    decide(run, approver, AnswerAct.RESPOND, note="write to the customer first")
    run = house.play(run)
    assert (run.status, len(house.tools["tell"].keys)) == ("completed", 1)
    assert kinds(run).count("run.paused") == 1
    assert "write to the customer first" in [
        message.text for message in run_rows.state_of(run).history
    ]


def test_an_answer_that_still_lacks_it_is_asked_about_anew_and_no_old_form_fits(
    house: Bench, approver: User
) -> None:
    run = unaccepted(house)
    first = Request.objects.get(run=run)
    decide(run, approver, AnswerAct.RESPOND, note="again")
    assert house.play(run).status == "paused"
    second = Request.objects.get(run=run, status="open")
    assert second.pk != first.pk
    with pytest.raises(NotDecided, match="another action"):
        deciding.decide_at_once(
            request_id=second.pk,
            actor=approver,
            at=datetime.now(UTC),
            act=AnswerAct.APPROVE,
            digest=first.digest,
            version=second.version,
        )


def test_words_are_needed_to_send_it_back(house: Bench, approver: User) -> None:
    run = unaccepted(house)
    with pytest.raises(NotDecided, match="write what the agent should read"):
        decide(run, approver, AnswerAct.RESPOND)
    assert house.look(run).status == "paused"


def test_whoever_started_the_run_does_not_accept_its_answer(house: Bench, approver: User) -> None:
    run = unaccepted(house)
    house.user.groups.add(*approver.groups.all())
    with pytest.raises(NotDecided, match="You started this run"):
        decide(run, User.objects.get(pk=house.user.pk), AnswerAct.APPROVE)


def test_an_operator_cannot_resume_past_the_question(house: Bench) -> None:
    run = unaccepted(house)
    with pytest.raises(Refused, match="An approver decides: is its answer accepted"):
        services.resume(run_id=run.pk, actor=house.user, at=datetime.now(UTC))
    assert Request.objects.get(run=run).status == "open"


def test_a_kill_closes_the_question(house: Bench) -> None:
    run = unaccepted(house)
    services.kill(run_id=run.pk, actor=house.user, at=datetime.now(UTC))
    assert house.play(run).stop_reason == "USER_KILLED"
    assert Request.objects.get(run=run).status == "closed"


def test_the_card_lists_the_criteria_and_shows_the_answer(house: Bench, approver: User) -> None:
    run = unaccepted(house)
    page = card(run, approver)
    assert "Order 1042 is settled." in page
    assert page.count('class="criterion') == 2
    assert "The customer has not been told." in page
    assert "Accept as it is" in page


def card(run: Run, who: User) -> str:
    return client(who).get(f"/approvals/{Request.objects.get(run=run).pk}/").content.decode()


def seen(run: Run, who: User) -> str:
    who.groups.add(*person("omar", "operator").groups.all())
    return client(who).get(f"/runs/{run.pk}/").content.decode()


def client(who: User) -> Client:
    found = Client()
    found.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return found
