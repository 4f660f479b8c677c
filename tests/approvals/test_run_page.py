"""A run's own page says what it asks and whom: the way to the card for people who may decide, the
reason for those who may not.
"""

from django.contrib.auth.models import User
from django.test import Client

from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.approvals.desk import Desk, person
from tests.markup import Element, read


def client(who: User) -> Client:
    found = Client()
    found.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return found


def page(run: Run, who: User) -> Element:
    return read(client(who).get(f"/runs/{run.pk}/").content)


def ways(said: Element) -> list[str]:
    """What leads from what waits to a card, as its words."""
    return [way.words for line in said.all("div", "waiting-line") for way in line.all("a")]


def test_who_may_decide_is_led_to_the_card(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    (line,) = page(run, approvals_desk.ada).all("div", "waiting-line")
    way = line.one("a", "button", "primary")
    assert (way.words, way.attrs["href"]) == (
        "Decide",
        f"/approvals/{approvals_desk.asked(run).pk}/",
    )
    assert line.words.startswith(
        "Pay 180.00 for order 1042 to anna@example.com · waits for one approver · denied"
        " automatically in "
    )
    assert [each.words for each in line.all("b")] == [
        "Pay 180.00 for order 1042 to anna@example.com",
        "approver",
    ]
    assert "; the run continues" in line.words


def test_who_may_not_decide_sees_whom_it_waits_for_and_why_not_them(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"group": "finance", "quorum": 2}
    run = approvals_desk.start()
    said = page(run, approvals_desk.ada)
    assert "waits for 2 of finance, 0 agreed so far" in said.words
    assert (
        "2 of “finance” decide: may this call be made? You are not in the group “finance”."
        in said.words
    )
    assert ways(said) == ["See the request"]


def test_a_viewer_sees_whom_it_waits_for_and_nothing_of_the_call(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    said = page(run, person("vera", "viewer"))
    assert "waits for one approver" in said.words
    assert "anna@example.com" not in said.words
    assert ways(said) == []
    assert not [
        each for each in said.all() for held in each.attrs.values() if "/approvals/" in held
    ]


def test_every_open_request_of_the_run_is_there_until_it_is_decided(approvals_desk: Desk) -> None:
    calls = ", ".join(
        f'{{ tool = "pay", args = {{ order_id = {number}, amount = 2.0 }} }}' for number in range(6)
    )
    run = approvals_desk.start(script=f'[[step]]\ncall = [{calls}]\n[[step]]\nfinal = "done"\n')
    said = page(run, approvals_desk.ada)
    assert ways(said) == ["Decide"] * 4
    assert "and 2 more of this run" in said.words
    for request in run.requests.filter(status="open"):
        approvals_desk.decide(request, AnswerAct.DENY)
    assert ways(page(run, approvals_desk.ada)) == []
