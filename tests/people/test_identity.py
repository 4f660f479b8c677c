"""Who somebody is says an id that nobody else ever gets: names are changed, swapped and given
again.
"""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from approvals.models import Grant, Request
from approvals.request_refusals import NotDecided
from approvals.rules.refusal_sentences import Reason
from approvals.services import granting
from approvals.services.granting import SessionOffer
from console.journal.models import Event
from policies.circuit import breaker_levers
from policies.halts import halt_levers
from runs import services
from runs.engine.vocabulary import AnswerAct
from tests.approvals.conftest import approvals_desk as approvals_desk  # the fixture
from tests.approvals.desk import Desk, person
from tests.runtime.conftest import bench as bench  # the fixture


def renamed(user: User, name: str) -> User:
    user.username = name
    user.save()
    return User.objects.get(pk=user.pk)


def swapped(one: User, other: User) -> tuple[User, User]:
    """Each is called what the other was."""
    names = one.username, other.username
    renamed(one, "nobodys-name-yet")
    other = renamed(other, names[0])
    return renamed(one, names[1]), other


def refused(desk: Desk, request: Request, by: User) -> Reason:
    with pytest.raises(NotDecided) as no:
        desk.decide(request, by=by)
    return no.value.refusal.reason


def test_whoever_is_called_now_what_the_starter_was_called_may_decide(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    renamed(approvals_desk.bench.user, "olga-married")
    namesake = person("olga", "approver")
    assert approvals_desk.decide(request, by=namesake).status == "decided"


def test_whoever_started_a_run_does_not_decide_it_by_swapping_names_with_an_approver(
    approvals_desk: Desk,
) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    olga, ada = swapped(approvals_desk.bench.user, approvals_desk.ada)
    olga.groups.add(*ada.groups.all())
    assert refused(approvals_desk, request, olga) is Reason.OWN_RUN
    assert approvals_desk.decide(request, by=ada).status == "decided"


def test_a_quorum_counts_people_whatever_they_are_called_from_one_cast_vote_to_the_next(
    approvals_desk: Desk,
) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    request = approvals_desk.asked(approvals_desk.start())
    approvals_desk.decide(request)
    ada = renamed(approvals_desk.ada, "ada-renamed")
    assert refused(approvals_desk, request, ada) is Reason.VOTED
    assert approvals_desk.decide(request, by=person("ada", "approver")).status == "decided"


def test_whoever_decided_is_still_known_as_them_under_another_name(approvals_desk: Desk) -> None:
    request = approvals_desk.decide(approvals_desk.asked(approvals_desk.start()), AnswerAct.DENY)
    assert (request.decided_by, request.decided_by_id) == ("user:ada", str(approvals_desk.ada.pk))
    assert (
        refused(approvals_desk, request, renamed(approvals_desk.ada, "ada-renamed"))
        is Reason.REPLAYED
    )
    assert refused(approvals_desk, request, person("ada", "approver")) is Reason.DECIDED


def test_a_run_that_is_stopped_by_its_answer_knows_who_answered(approvals_desk: Desk) -> None:
    request = approvals_desk.decide(approvals_desk.asked(approvals_desk.start()), AnswerAct.STOP)
    assert (request.act, request.decided_by_id) == ("stop", str(approvals_desk.ada.pk))


def test_a_session_approval_and_its_end_carry_the_ids_of_those_who_gave_and_took_it(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    approvals_desk.decide(approvals_desk.asked(run), standing=SessionOffer(3))
    grant, bert = Grant.objects.get(), person("bert", "approver")
    assert (grant.given_by, grant.given_by_id) == ("user:ada", str(approvals_desk.ada.pk))
    granting.revoke(run_id=run.pk, grant=grant.name, actor=bert, at=datetime.now(UTC))
    assert Grant.objects.get().revoked_by_id == str(bert.pk)


def test_each_act_of_a_person_carries_their_id_in_the_journal_and_a_machines_none(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    services.pause(run_id=run.pk, actor=approvals_desk.bench.user, at=datetime.now(UTC))
    told = dict(Event.objects.filter(run=run.pk).values_list("actor", "person"))
    assert told["user:olga"] == str(approvals_desk.bench.user.pk)
    assert {person for actor, person in told.items() if not actor.startswith("user:")} == {""}


@pytest.mark.django_db
def test_levers_know_who_pulled_and_who_let_go_of_them() -> None:
    anna, at = person("anna", "operator"), datetime.now(UTC)
    halt = halt_levers.pull(reach="all", target="", reason="Stand still", actor=anna, at=at)
    bert = person("bert", "operator")
    halt = halt_levers.release(halt_id=halt.pk, actor=bert, at=at)
    assert (halt.pulled_by_id, halt.released_by_id) == (str(anna.pk), str(bert.pk))
    breaker_levers.force_open(tool="ship", actor=anna, at=at, reason="The courier moves")
    acts = Event.objects.exclude(person="").order_by("id").values_list("kind", "person")
    wanted = [("halt.pulled", anna), ("halt.released", bert), ("breaker.forced", anna)]
    assert list(acts) == [(kind, str(who.pk)) for kind, who in wanted]
