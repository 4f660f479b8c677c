"""What supervision decided is read where somebody looks: on the run's page, on the fleet, in the
audit.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.journal import append
from policies.budgets import bucket_meters
from policies.budgets import periods as budget_periods
from policies.budgets.models import Budget, Escrow
from policies.budgets.rules import Amounts, BudgetWindow
from policies.halts import halt_levers
from runs.engine import events as e
from runs.engine.vocabulary import Closer, Outcome, StopReason, Verdict
from runs.models import Run
from tests.markup import read
from tests.pages.lives import Life, agent, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
CRITERIA = [
    {
        "name": "looked-up",
        "cel": "called('get_order') > 0",
        "sentence": "The order has not been looked up.",
    },
    {
        "name": "told",
        "cel": "called('send_email') > 0",
        "sentence": "The customer has not been told.",
    },
]


@pytest.fixture(autouse=True)
def _no_shipped_budgets(db: None) -> None:
    Budget.objects.all().delete()


def page(run: Run, group: str = "operator", rest: str = "") -> str:
    return signed_in(group).get(f"/runs/{run.pk}/{rest}").content.decode()


def careful(**facts: Any) -> Life:
    """A run of an agent whose criteria are `CRITERIA`."""
    one = life(person("operator", "otto"), of=agent("careful", acceptance=CRITERIA, **facts))
    one.lease()
    return one


def criteria(text: str) -> list[str]:
    """The states on the card, in order."""
    card = text.partition('id="done"')[2].partition("</section>")[0]
    return [each.partition("</small>")[0] for each in card.split('<small class="toned">')[1:]]


def refused_answer(one: Life) -> None:
    checks = [
        {"name": "looked-up", "passed": True, "sentence": "met"},
        {"name": "told", "passed": False, "sentence": "The customer has not been told."},
    ]
    text = "This answer is not accepted yet:\n- The customer has not been told."
    one.happen(
        e.HintGiven(
            at=one.after(0.1),
            step=one.state.step,
            text=text,
            rule="acceptance",
            facts={"checks": checks},
        )
    )


def loop(one: Life, first: int = 1) -> None:
    """Three nearly identical searches from step `first` on, and the finding that names them."""
    for colour in ("red", "green", "blue"):
        one.step(
            "web_search",
            {"query": f"price of the {colour} lamp today", "page": 1},
            {"found": "nothing"},
        )
    facts: Mapping[str, Any] = {
        "kind": "near",
        "score": 0.87,
        "calls": [f"{first + more}.0" for more in range(3)],
    }
    detail = (
        "web_search was called 3 times with nearly the same arguments and told nothing new (steps"
        " 0, 1, 2)."
    )
    one.happen(
        e.RunPaused(
            at=one.after(0.1),
            reason=StopReason.LOOP_DETECTED,
            rule="loop-near",
            detail=detail,
            facts=facts,
        )
    )


def looping(one: Life, first: int = 1) -> Run:
    loop(one, first)
    return one.written()


def budget(name: str = "day-cap", amount: str = "10", **facts: Any) -> Budget:
    return Budget.objects.create(name=name, amount=Decimal(amount), **facts)


def drawn(of: Budget, spent: str, reserved: str = "0", holder: str = "") -> None:
    begun = budget_periods.begin(BudgetWindow(of.window), timezone.now())
    Escrow.objects.create(
        budget=of,
        holder=holder,
        starts_at=begun,
        spent=Decimal(spent),
        reserved=Decimal(reserved),
        warned=0,
    )


def out_of_budget(one: Life, rule: str = "day-cap", need: str = "0.5") -> Run:
    facts = {
        "limit": "day",
        "budget": rule,
        "version": 2,
        "need": need,
        "window": "day",
        "measure": "usd",
        "amount": "10",
    }
    detail = "$9.90 of today's $10.00 are spent or reserved; this call could cost $0.50."
    at = one.after(0.1)
    one.happen(
        e.RunPaused(
            at=at,
            reason=StopReason.BUDGET_EXCEEDED,
            rule=f"budget:{rule}",
            detail=detail,
            facts=facts,
        )
    )
    return one.written()


def test_each_criterion_is_shown_as_it_stands_while_the_run_goes_on() -> None:
    one = careful()
    run = one.written()
    assert criteria(page(run)) == ["not yet", "not yet"]
    one.step("get_order", {"order": 1042})
    one.written()
    since = signed_in("approver").get(f"/runs/{run.pk}/since/?after=1").content.decode()
    assert criteria(since) == ["pass", "not yet"]
    assert "The customer has not been told." in since


def test_a_criterion_that_was_never_met_has_failed_once_the_run_is_over() -> None:
    one = careful()
    one.step("get_order", {"order": 1042})
    one.stop(StopReason.USER_KILLED, "")
    assert criteria(page(one.written())) == ["pass", "fail"]


def test_a_failed_call_does_not_meet_a_criterion() -> None:
    one = careful()
    one.plan(("get_order", {}))
    one.answer(
        "get_order", one.intend("get_order", {}), {"error": "no such order"}, verdict=Verdict.FAILED
    )
    assert criteria(page(one.written())) == ["not yet", "not yet"]


def test_a_run_without_criteria_has_no_such_card() -> None:
    one = life(person("operator", "otto"))
    assert 'id="done"' not in page(one.run)


def test_a_viewer_sees_which_criteria_are_met_and_not_what_they_are_made_of() -> None:
    one = careful()
    one.step("get_order", {"order": 1042})
    text = page(one.written(), "viewer")
    assert criteria(text) == ["pass", "not yet"]
    assert "The customer has not been told." not in text


def test_an_answer_that_was_sent_back_says_what_it_lacks() -> None:
    one = careful()
    one.step("get_order", {"order": 1042})
    one.plan(final="All done.")
    refused_answer(one)
    text = page(one.written())
    assert "Answer not accepted, sent back — missing: told" in text
    assert "answer not accepted · step 2" in text
    assert "1 answer of at most 3 not accepted" in text


def test_a_run_that_ends_unaccepted_says_what_was_missing() -> None:
    one = careful()
    one.plan(final="All done.")
    checks = [{"name": "told", "passed": False, "sentence": "The customer has not been told."}]
    at, reason = one.after(0.1), StopReason.ACCEPTANCE_FAILED
    one.happen(
        e.RunStopped(
            at=at,
            reason=reason,
            rule="acceptance",
            detail="This answer is not accepted yet:\n- x",
            facts={"checks": checks},
        )
    )
    assert "Stopped: its answer was not accepted — missing: told" in page(one.written())


def test_repeated_calls_are_laid_side_by_side_and_what_differs_is_marked() -> None:
    text = page(looping(life_of_otto()))
    evidence = text.partition('class="evidence"')[2].partition("</details>")[0]
    assert "Nearly the same call, side by side" in evidence
    assert "rule loop-near · 87% sure" in evidence
    for colour in ("red", "green", "blue"):
        assert f"price of the <mark>{colour}</mark> lamp today" in evidence
    assert evidence.count("<mark>") == 3
    assert evidence.count("<small>same</small>") == 2
    assert "Resume begins watching anew" in text


def life_of_otto() -> Life:
    one = life(person("operator", "otto"))
    one.lease()
    return one


def test_a_loop_that_a_person_let_pass_is_no_longer_laid_open() -> None:
    one = life_of_otto()
    looping(one)
    one.happen(e.RunResumed(at=one.after(1), actor="user:otto"))
    assert 'class="evidence"' not in page(one.written())


def drifted() -> Run:
    """A judge said no twice."""
    one = life_of_otto()
    for page_number in (1, 2):
        one.step("web_search", {"page": page_number})
        said: dict[str, Any] = {
            "closer": Closer.NO,
            "sentence": "it reads about lamps",
            "model": "openai:small",
            "usd": Decimal("0.002"),
        }
        one.happen(
            e.JudgeAnswered(
                at=one.after(1),
                step=one.state.step,
                steps=1,
                rule="judge:every-agent",
                version=7,
                **said,
            )
        )
    detail = (
        "Judged by openai:small, its last step brought it no closer to its goal: “it reads about"
        " lamps”."
    )
    reason = StopReason.DRIFTED
    one.happen(
        e.RunPaused(
            at=one.after(0.1), reason=reason, rule="judge:every-agent", version=7, detail=detail
        )
    )
    return one.written()


def test_a_run_that_drifted_says_who_judged_it_and_by_which_rule() -> None:
    text = page(drifted())
    head = text.partition('id="head"')[2].partition("</section>")[0]
    assert "Drifted" in head
    assert "Judged by openai:small" in head
    assert "judge every-agent v7" in head
    assert "Resume begins watching anew" in head
    assert (
        text.count(
            "no closer to the goal than 1 step ago — it reads about lamps (judge every-agent v7)"
        )
        >= 2
    )


def test_a_viewer_reads_nothing_of_what_a_judge_said() -> None:
    text = page(drifted(), "viewer")
    assert "lamps" not in text
    assert "every-agent" not in text


def test_a_viewer_sees_no_calls_in_the_evidence_either() -> None:
    text = page(looping(life_of_otto()), "viewer")
    assert "web_search" not in text
    assert "lamp" not in text
    assert "loop-near" not in text


def test_hostile_arguments_stay_text_in_the_evidence() -> None:
    one = life_of_otto()
    for number in range(3):
        one.step("say", {"text": f"<script>alert({number})</script>"}, "<b>no</b>")
    facts: Mapping[str, Any] = {"kind": "near", "score": 0.9, "calls": ["1.0", "2.0", "3.0"]}
    at = one.after(0.1)
    one.happen(
        e.RunStopped(
            at=at, reason=StopReason.LOOP_DETECTED, rule="loop-near", detail="loop", facts=facts
        )
    )
    text = page(one.written())
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(<mark>0</mark>)" in text


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


def test_the_budgets_a_run_draws_on_are_metered_under_its_own() -> None:
    drawn(budget(), "6.12", "0.59")
    budget("not-mine", scope="agent", who="somebody-else")
    drawn(
        budget("each-agent", "4", scope="agent", who="*", each=True, window="month"),
        "3.9",
        holder="refund-desk",
    )
    text = page(life(person("operator", "otto")).run)
    shared = text.partition('class="meters shared"')[2].partition("</section>")[0]
    assert "reserved $0.59 · left $3.29 · day-cap" in shared
    assert "This month for refund-desk" in shared
    assert '<svg class="meter over"' in shared
    assert "not-mine" not in shared


def test_a_warning_line_that_is_crossed_is_said_where_the_run_is_read() -> None:
    drawn(budget(), "6.12", "1.88")
    budget("far-off", "1000", window="month")
    text = page(life_of_otto().run)
    assert text.count('class="meter-warning') == 1
    assert "past its 80 % line" in text
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
    assert "reserved $5.90 · left $32.90" in text


def test_what_a_rule_paused_asks_for_a_person_on_the_fleet() -> None:
    looped = looping(life_of_otto())
    broke = life(looped.principal, "Another one")
    broke.lease()
    out_of_budget(broke)
    text = signed_in("operator").get("/").content.decode()
    assert "repeats itself and was paused" in text
    assert f'href="/runs/{looped.pk}/#evidence">Compare' in text
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
    assert "<b>3 runs</b> are paused by a halt lever" in text
    assert f'href="/policies/halt/{lever.pk}/release/">Release…' in text
    assert (
        "Release…"
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
    page = read(signed_in("operator").get(f"/audit/?kind={kind}").content)
    assert page.one("summary").words.endswith(said)
    assert page.all("option", value=kind)
