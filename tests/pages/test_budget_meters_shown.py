"""What is left of budgets is read on the run's page and on the fleet."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from policies.budgets import bucket_meters
from policies.budgets.models import Escrow
from policies.budgets.rules import Amounts
from runs.models import Run
from tests.pages.lives import life
from tests.pages.people import person, signed_in
from tests.pages.supervised import budget, drawn, life_of_otto, out_of_budget, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_shipped_budgets")]


def test_the_budgets_a_run_draws_on_are_metered_under_its_own() -> None:
    drawn(budget(), "6.12", "0.59")
    budget("not-mine", scope="agent", who="somebody-else")
    drawn(
        budget("each-agent", "4", scope="agent", who="*", each=True, window="month"),
        "3.9",
        holder="refund-desk",
    )
    text = page(life(person("operator", "otto")).run)
    shared = text.partition('data-cell="budget"')[2].partition('class="run-columns"')[0]
    assert "$6.12 spent · $0.59 held for calls in flight · $3.29 left · day-cap" in shared
    assert "This month for refund-desk" in shared
    assert '<svg class="meter over"' in shared
    assert "not-mine" not in shared


def test_a_warning_line_that_is_crossed_is_said_where_the_run_is_read() -> None:
    drawn(budget(), "6.12", "1.88")
    budget("far-off", "1000", window="month")
    text = page(life_of_otto().run)
    assert text.count('class="meter-warning') == 1
    assert "over 80 %" in text
    Escrow.objects.update(reserved=Decimal(0), spent=Decimal("4.99"))
    assert "% line" not in page(Run.objects.get(), "admin")
    Escrow.objects.update(spent=Decimal(11))
    assert "> used up</small>" in page(Run.objects.get(), "auditor").replace("</svg>", ">")


def test_a_budget_of_each_run_counts_that_run_alone() -> None:
    budget("per-run", "2", window="run")
    found = bucket_meters.of_run(
        "refund-desk",
        "otto",
        Amounts(usd=Decimal("0.5")),
        Amounts(usd=Decimal("0.1")),
        datetime.now(UTC),
    )
    assert [(each.spent, each.reserved, each.left) for each in found] == [
        (Decimal("0.5"), Decimal("0.1"), Decimal("1.4"))
    ]


def test_a_run_paused_by_a_budget_says_what_would_let_it_go_on() -> None:
    cap = budget()
    drawn(cap, "9.9")
    run = out_of_budget(life_of_otto())
    text = page(run)
    assert "budget day-cap v2" in text
    assert (
        "It can go on once day-cap is raised to $10.40 or more, or when the next day begins"
        " (UTC, in " in text
    )
    cap.amount = Decimal(12)
    cap.save()
    assert "There is room again, $2.10 left: resume it to go on." in page(run, "admin")


def test_resume_is_refused_with_its_sentence_while_there_is_no_room() -> None:
    drawn(budget(), "9.9")
    run = out_of_budget(life_of_otto())
    answer = signed_in("operator").post(f"/runs/{run.pk}/resume/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "It can go on once the budget day-cap is raised" in answer.content.decode()


def test_the_fleet_shows_what_is_left_of_the_day_only_when_there_is_such_a_budget() -> None:
    client = signed_in("operator")
    assert "Budget today" not in client.get("/").content.decode()
    drawn(budget(amount="100"), "61.20", "5.90")
    text = client.get("/").content.decode()
    assert "Budget today" in text
    assert "$61.20 spent · $5.90 held for calls in flight · $32.90 left" in text
