"""What a reconciliation found, as people meet it: on the fleet, on the run, on Health; and closing
it.
"""

import pytest
from django.test import Client
from django.utils import timezone

from runs import reconciling
from runs.engine.reconciliation import Unlike
from runs.engine.vocabulary import Discrepancy
from runs.models import EffectFinding, Run
from tests.pages.lives import running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def run() -> Run:
    return running(person("operator", "otto")).run


@pytest.fixture
def operator() -> Client:
    return signed_in("operator")


def found(run: Run | None, difference: Discrepancy = Discrepancy.NOT_THERE) -> EffectFinding:
    key = f"{run.pk}:1.1" if run else "by hand"
    unlike = Unlike(
        difference,
        "issue_refund",
        key,
        run=str(run.pk) if run else "",
        call="1.1" if run else "",
        step=1 if run else 0,
        at=timezone.now(),
        words="12.50 to <Ann>",
    )
    assert reconciling.opened(unlike, run is not None, timezone.now())
    return EffectFinding.objects.latest("pk")


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_finding_stands_on_its_run_and_among_what_needs_a_person(
    run: Run, operator: Client
) -> None:
    found(run)
    text = text_of(operator, f"/runs/{run.pk}/")
    assert "A call without its effect" in text
    assert "12.50 to &lt;Ann&gt;" in text
    assert f"{run.pk}:1.1" in text
    assert "the far side does not list the effect of call 1.1, which succeeded" in text
    assert "differs from what a far side lists" in text_of(operator, "/")


def test_who_may_not_see_tools_reads_that_there_is_one_and_no_more(run: Run) -> None:
    found(run)
    viewer = signed_in("viewer")
    text = text_of(viewer, f"/runs/{run.pk}/")
    assert "1 difference from the far side" in text
    assert "Ann" not in text
    found(None, Discrepancy.NO_CALL)
    assert "by hand" not in text_of(viewer, "/health/")


@pytest.mark.parametrize("htmx", [False, True])
def test_closing_it_takes_a_reason_and_it_is_gone(run: Run, operator: Client, htmx: bool) -> None:
    one, headers = found(run), HTMX if htmx else {}
    address = f"/findings/{one.pk}/close/"
    operator.post(address, {"reason": " "}, headers=headers)
    assert Run.objects.get(pk=run.pk).findings == 1
    answer = operator.post(address, {"reason": "paid by cheque"}, headers=headers)
    assert (answer.status_code, Run.objects.get(pk=run.pk).findings) == (200 if htmx else 302, 0)
    text = text_of(operator, f"/runs/{run.pk}/")
    assert "A call without its effect" not in text
    assert "has looked into a difference from the far side — paid by cheque" in text
    again = operator.post(address, {"reason": "again"}, headers=headers, follow=True)
    assert "It was closed already" in again.content.decode()


def test_what_fits_no_run_stands_on_health_and_is_closed_there(operator: Client) -> None:
    one = found(None, Discrepancy.NO_CALL)
    text = text_of(operator, "/health/")
    assert "Differences from far sides" in text
    assert "by hand" in text
    answer = operator.post(f"/findings/{one.pk}/close/", {"reason": "a colleague's"})
    assert answer["Location"] == "/health/"
    assert "Differences from far sides" not in text_of(operator, "/health/")
    told = text_of(signed_in("auditor"), "/audit/?kind=finding.closed")
    assert "a colleague" in told


def test_it_is_closed_by_a_post_and_by_operators_only(run: Run, operator: Client) -> None:
    one = found(run)
    address = f"/findings/{one.pk}/close/"
    assert operator.get(address).status_code == 405
    assert signed_in("viewer").post(address, {"reason": "x"}).status_code == 403
    assert operator.post("/findings/999999/close/", {"reason": "x"}).status_code == 404
    assert Run.objects.get(pk=run.pk).findings == 1
