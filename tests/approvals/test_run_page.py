"""A run's own page says what it asks and whom: the way to the card for people who may decide, the
reason for those who may not.
"""

from django.contrib.auth.models import User
from django.test import Client

from runs.engine.vocabulary import Act
from runs.models import Run
from tests.approvals.desk import Desk, person


def page(run: Run, who: User) -> str:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/runs/{run.pk}/").content.decode()


def test_who_may_decide_is_led_to_the_card(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    said = page(run, approvals_desk.ada)
    assert (
        '<a class="button small primary"'
        f' href="/approvals/{approvals_desk.asked(run).pk}/">Decide</a>' in said
    )
    assert (
        "<b>Pay $180.00 for order 1042 to anna@example.com</b> · waits for any 1 of <b>approver</b>"
        in said
    )
    assert "then deny and go on" in said


def test_who_may_not_decide_sees_whom_it_waits_for_and_why_not_them(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"group": "finance", "quorum": 2}
    run = approvals_desk.start()
    said = page(run, approvals_desk.ada)
    assert "waits for 2 of <b>finance</b>, 0 agreed so far" in said
    assert (
        "2 of “finance” decide: may this call be made? You are not in the group “finance”." in said
    )
    assert "See the request</a>" in said
    assert ">Decide</a>" not in said


def test_a_viewer_sees_whom_it_waits_for_and_nothing_of_the_call(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    said = page(run, person("vera", "viewer"))
    assert "waits for any 1 of <b>approver</b>" in said
    assert "anna@example.com" not in said
    assert "/approvals/" not in said


def test_every_open_request_of_the_run_is_there_until_it_is_decided(approvals_desk: Desk) -> None:
    calls = ", ".join(
        f'{{ tool = "pay", args = {{ order_id = {number}, amount = 2.0 }} }}' for number in range(6)
    )
    run = approvals_desk.start(script=f'[[step]]\ncall = [{calls}]\n[[step]]\nfinal = "done"\n')
    said = page(run, approvals_desk.ada)
    assert said.count(">Decide</a>") == 4
    assert "and 2 more of this run" in said
    for request in run.requests.filter(status="open"):
        approvals_desk.decide(request, Act.DENY)
    assert ">Decide</a>" not in page(run, approvals_desk.ada)
