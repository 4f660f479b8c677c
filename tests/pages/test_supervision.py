"""What supervision decided is read where somebody looks: rules, failures and downgrades on the
run's page, halts on the fleet, policies in the audit.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.journal import append
from policies.halts import halt_levers
from runs.engine import events as e
from runs.engine.vocabulary import Outcome, StopReason, Verdict
from runs.models import Run
from tests.markup import read
from tests.pages.lives import Life, life
from tests.pages.people import person, signed_in
from tests.pages.supervised import (
    budget,
    careful,
    drawn,
    life_of_otto,
    looping,
    out_of_budget,
    page,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_shipped_budgets")]


def test_a_refused_call_names_its_rule_and_version() -> None:
    one = life_of_otto()
    one.plan(("issue_refund", {"amount": 180}))
    at = one.after(0.1)
    sentence = "$180.00 is over the $50.00 that refunds may be without a person."
    place: Any = {
        "step": 1,
        "tool": "issue_refund",
        "call": "1.1",
        "ref": "c1-0",
        "args": {"amount": 180},
    }
    one.happen(e.CallRefused(at=at, **place, rule="refund-cap", sentence=sentence, version=3))
    run = one.written()
    for rest in ("", "audit/"):
        text = page(run, "approver" if rest else "operator", rest)
        assert sentence in text
        assert "rule refund-cap v3" in text


def test_a_failure_names_the_truth_rule_and_the_next_attempt() -> None:
    one = life_of_otto()
    one.plan(("get_policy", {}))
    one.intend("get_policy", {})
    at = one.after(0.4)
    spoken: Any = {
        "rule": "empty_body",
        "sentence": "The body is empty.",
        "retry": "Attempt 2 of 3 in 0.8 s.",
        "retry_rule": "retry:default v1",
    }
    place: Any = {
        "step": 1,
        "tool": "get_policy",
        "call": "1.0",
        "outcome": Outcome.OK,
        "verdict": Verdict.FAILED,
    }
    one.happen(e.CallReturned(at=at, **place, **spoken, retry_at=at + timedelta(seconds=0.8)))
    one.happen(e.CallRetried(at=one.after(0.8), step=1, tool="get_policy", call="1.0", attempt=2))
    text = page(one.written())
    assert (
        "ran, did not succeed: The body is empty. (rule empty_body) · attempt 2 of 3 in 0.8 s,"
        " same key" in text
    )
    assert "2nd attempt, same key" in text


def test_a_downgrade_is_told_with_its_reason() -> None:
    one = life_of_otto()
    at = one.after(0.1)
    one.happen(
        e.RunDowngraded(
            at=at,
            planner="openai:gpt-5-nano",
            rule="budget:day-cap",
            detail="from 80 % on, runs go on with it.",
            facts={"version": 4},
        )
    )
    text = page(one.written())
    assert "Goes on with openai:gpt-5-nano — from 80 % on, runs go on with it." in text
    assert "budget day-cap v4" in text


def test_what_a_rule_paused_asks_for_a_person_on_the_fleet() -> None:
    looped = looping(life_of_otto())
    broke = life(looped.principal, "Another one")
    broke.lease()
    out_of_budget(broke)
    text = signed_in("operator").get("/").content.decode()
    assert "is in a loop and was paused" in text
    assert f'href="/runs/{looped.pk}/#evidence">Review' in text
    assert "was paused by a budget" in text


def test_runs_that_a_lever_paused_are_one_row_with_its_release() -> None:
    otto = person("operator", "otto")
    lever = halt_levers.pull(
        reach="irreversible",
        target="",
        reason="Refunds go to the wrong people",
        actor=otto,
        at=timezone.now(),
    )
    lives = [life(otto, f"Refund {number}") for number in range(3)]
    for one in lives:
        one.lease()
        at = one.after(0.1)
        one.happen(
            e.RunPaused(
                at=at,
                rule="halt:irreversible",
                detail="Stopped by otto.",
                facts={"lever": lever.pk},
            )
        )
        one.written()
    text = signed_in("operator").get("/").content.decode()
    assert "<b>3 runs</b> are paused by a halt" in text
    assert f'href="/policies/halt/{lever.pk}/release/">Turn off…' in text
    assert (
        "Turn off…"
        not in signed_in("viewer")
        .get("/")
        .content.decode()
        .partition('id="attention"')[2]
        .partition("</section>")[0]
    )
    assert "Halted" in page(lives[0].run, "approver")


def test_the_number_of_queries_stays_the_same_with_all_supervision(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    drawn(budget(), "1")
    one = careful()
    drawn(budget("mine", scope="user", who="otto"), "1")
    for _ in range(200):
        one.step("get_order", {"order": 1042})
    run, client = looping_on(one), signed_in("operator")
    client.get("/")
    with django_assert_max_num_queries(16):  # one of them asks what people in budgets are called
        client.get(f"/runs/{run.pk}/")


def looping_on(one: Life) -> Run:
    facts: Mapping[str, Any] = {
        "kind": "exact",
        "score": 0.99,
        "calls": [f"{step}.0" for step in range(1, 200)],
    }
    at = one.after(0.1)
    one.happen(
        e.RunPaused(
            at=at, reason=StopReason.LOOP_DETECTED, rule="loop-exact", detail="loop", facts=facts
        )
    )
    return one.written()


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (
            "halt.pulled",
            {"lever": 1, "reach": "all", "target": "", "reason": "smoke"},
            "Every run is halted. — smoke",
        ),
        (
            "halt.released",
            {"lever": 1, "reach": "tool", "target": "issue_*", "reason": ""},
            "No longer in force: Every call of issue_* is halted.",
        ),
        (
            "breaker.opened",
            {"why": "12 of 20 calls failed", "was": "closed"},
            "charge_card cut off — 12 of 20 calls failed",
        ),
        (
            "budget.changed",
            {"budget": "day-cap", "change": {"amount": ["10", "5"], "version": [1, 2]}},
            "day-cap: amount 10 → 5",
        ),
        (
            "budget.warned",
            {"budget": "day-cap", "sentence": "the line at 80 % is crossed."},
            "the line at 80 % is crossed.",
        ),
    ],
)
def test_what_policies_write_reads_as_words_in_the_audit(
    kind: str, data: Mapping[str, Any], said: str
) -> None:
    with transaction.atomic():
        append.note(
            kind=kind,
            actor="user:otto",
            at=timezone.now(),
            data=data,
            tool="charge_card" if kind.startswith("breaker") else "",
        )
    page = read(signed_in("operator").get(f"/audit/?q=kind:{kind}").content)
    assert page.all("summary")[-1].words.endswith(said)
