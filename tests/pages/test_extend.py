"""Raising a run's own limit in the browser: works, is a POST, refuses in words, no operator's."""

from decimal import Decimal

import pytest
from django.test import Client

from console.refused import Refused
from runs import limit_extension
from runs.engine import events as e
from runs.engine.vocabulary import StopReason
from runs.limit_extension import Reached
from runs.models import Run
from tests.markup import read
from tests.pages.lives import Life, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


def reached(rule: str = "run-limit-steps") -> Life:
    one = life(person("operator", "otto"))
    one.lease()
    one.happen(
        e.RunStopped(
            at=one.after(0.1),
            reason=StopReason.BUDGET_EXCEEDED,
            rule=rule,
            detail="50 of 50 steps are used.",
        )
    )
    one.written()
    return one


def page(client: Client, one: Life) -> str:
    return client.get(f"/runs/{one.run.pk}/").content.decode()


def test_who_edits_budgets_raises_the_limit_with_a_reason_and_it_goes_on() -> None:
    one, admin = reached(), signed_in("admin")
    assert "Raise its limit and go on?" in page(admin, one)
    limit = one.run.max_steps
    form = {"value": str(limit * 2), "note": "one order is left"}
    response = admin.post(f"/runs/{one.run.pk}/extend/", form)
    assert response["Location"] == f"/runs/{one.run.pk}/"
    assert Run.objects.get(pk=one.run.pk).status == "queued"
    shown = page(admin, one)
    assert f"raised its limit: {limit * 2} steps, it was {limit} — one order is left" in shown
    assert "Raise its limit and go on?" not in shown


def test_a_limit_raised_on_the_page_that_asks_to_continue_leads_to_the_run() -> None:
    one, admin = reached(), signed_in("admin")
    home = f"/runs/{one.run.pk}/"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{home}continue/"}
    form = {"value": str(one.run.max_steps * 2), "note": "one order is left"}
    assert admin.post(f"{home}extend/", form, headers=headers)["HX-Redirect"] == home


def test_an_operator_reads_who_may_and_is_offered_nothing_that_cannot_be_done() -> None:
    signed_in("admin")
    one, operator = reached(), signed_in("operator")
    shown = page(operator, one)
    assert "takes somebody who may edit budgets. Ask some-admin." in shown
    assert "Raise its limit and go on?" not in shown
    buttons = read(shown).all("button", "primary") + read(shown).all("a", "primary")
    assert "Continue…" not in [each.words for each in buttons]
    form = {"value": "99", "note": "one more"}
    refused = operator.post(f"/runs/{one.run.pk}/extend/", form, follow=True)
    assert "takes somebody who may edit budgets" in refused.content.decode()
    assert signed_in("viewer").post(f"/runs/{one.run.pk}/extend/", form).status_code == 403
    assert Run.objects.get(pk=one.run.pk).status == "stopped"


def narrowed() -> Life:
    """A run whose starter gave it less than its agent allows."""
    one = reached()
    Run.objects.filter(pk=one.run.pk).update(
        snapshot={**one.run.snapshot, "max_steps": one.run.max_steps * 3}
    )
    one.run.refresh_from_db()
    return one


def test_whoever_gave_a_run_less_than_its_agent_has_may_go_back_to_that_and_no_further() -> None:
    one = narrowed()
    most = one.run.max_steps * 3
    starter, other = Client(), signed_in("operator")
    starter.force_login(one.run.principal, backend=limit_extension.MODEL_BACKEND)
    assert f"its agent allows {most} steps" in read(page(starter, one)).words
    assert "takes somebody who may edit budgets" in page(other, one)
    url, form = f"/runs/{one.run.pk}/extend/", {"value": f"{most + 1}", "note": "it was too few"}
    assert f"Its agent allows {most} steps." in (
        starter.post(url, form, follow=True).content.decode()
    )
    assert "takes somebody who may" in other.post(url, form, follow=True).content.decode()
    starter.post(url, {**form, "value": f"{most}"})
    run = Run.objects.get(pk=one.run.pk)
    assert (run.status, run.max_steps) == ("queued", most)


def test_what_is_suggested_is_twice_as_much_or_what_the_agent_allows() -> None:
    limit = Decimal(50)
    said = [Reached("steps", limit, most).suggestion for most in (None, limit, Decimal(80))]
    assert said == ["100", "100", "80"]


def test_it_is_not_offered_where_a_shared_budget_ended_it() -> None:
    one, admin = reached("budget:house-day"), signed_in("admin")
    assert "Raise its limit and go on?" not in page(admin, one)
    admin.post(f"/runs/{one.run.pk}/extend/", {"value": "99", "note": "why not"}, follow=True)
    assert Run.objects.get(pk=one.run.pk).status == "stopped"


def test_looking_changes_nothing() -> None:
    one, admin = reached(), signed_in("admin")
    assert admin.get(f"/runs/{one.run.pk}/extend/").status_code == 405


@pytest.mark.parametrize(
    ("limit", "value", "words", "suggestion"),
    [
        ("usd", "0.4000", "$0.40", "0.80"),
        ("usd", "12", "$12.00", "24.00"),
        ("usd", "1250.5", "$1,250.50", "2501.00"),
        ("usd", "0.0013", "$0.0013", "0.0026"),
        ("steps", "50", "50 steps", "100"),
        ("tokens", "200000", "200,000 tokens", "400000"),
        ("deadline", "900", "15 min", "1800"),
        ("deadline", "45", "45 s", "90"),
        ("deadline", "5400", "1 h 30 min", "10800"),
    ],
)
def test_a_limit_reads_as_on_its_meter_and_twice_as_much_is_suggested(
    limit: str, value: str, words: str, suggestion: str
) -> None:
    found = Reached(limit, Decimal(value))
    assert (found.words, found.suggestion) == (words, suggestion)


@pytest.mark.parametrize(
    ("limit", "typed"),
    [
        *(("usd", typed) for typed in ("0.40", "0.40009", "NaN", "inf", "-1", "1e9", "much", "")),
        *(("steps", typed) for typed in ("50", "50.5", "49", "1e999999", "51.5", "9" * 400)),
    ],
)
def test_a_limit_is_raised_by_what_its_column_can_tell(limit: str, typed: str) -> None:
    found = Reached(limit, Decimal("0.4000" if limit == "usd" else 50))
    with pytest.raises(Refused):
        limit_extension.amount(found, typed)
    enough = {"usd": "1,000.50005", "steps": "51"}[limit]
    assert str(limit_extension.amount(found, enough)) == {"usd": "1000.5000", "steps": "51"}[limit]


def test_the_form_says_what_the_run_may_use_and_holds_twice_of_it() -> None:
    one, admin = reached("run-limit-usd"), signed_in("admin")
    Run.objects.filter(pk=one.run.pk).update(max_usd="0.4")
    said = read(page(admin, one))
    (form,) = [each for each in said.all("section", "settle") if "Raise its limit" in each.words]
    assert (
        form.one("h3").words
        == "Raise its limit and go on? It may use $0.40 now; its agent allows $2.00."
    )
    assert form.one("input", name="value").attrs["value"] == "0.80"
    assert form.one("label", for_="extend-value").words == "New limit in US dollars"
