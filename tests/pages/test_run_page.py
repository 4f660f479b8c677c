"""A run's page: its story to each reader as far as it is theirs, inert whatever a tool sent back,
fast however long.
"""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils.timezone import now

from console.journal import append as journal
from console.journal import chain_check
from runs.engine import events as e
from runs.engine.engine_errors import PlannerFault
from runs.engine.vocabulary import Effect, StopReason, Verdict
from runs.models import Run
from tests.markup import read
from tests.pages.lives import agent, life, running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">{{ 7|add:7 }}'


def page(run: Run, group: str = "operator", rest: str = "") -> str:
    return signed_in(group).get(f"/runs/{run.pk}/{rest}").content.decode()


def test_it_tells_goal_thought_call_and_answer() -> None:
    one = running(person("operator", "otto"))
    text = page(one.run)
    for said in (
        "Refund order 1042",
        "What does the policy say?",
        "search_kb",
        "damaged parcel",
        "started by otto",
        "[step 1/50]",
    ):
        assert said in text


def test_hostile_results_and_arguments_are_only_text() -> None:
    one = life(person("operator", "otto"), HOSTILE)
    one.lease()
    one.step("get_order", {HOSTILE: HOSTILE}, {"note": HOSTILE})
    one.plan(("get_order", {}), thought=HOSTILE)
    one.answer(
        "get_order", one.intend("get_order", {}), None, error=HOSTILE, verdict=Verdict.FAILED
    )
    one.complete(HOSTILE)
    text = page(one.written())
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "{{ 7|add:7 }}" in text
    assert text.count("&lt;script&gt;alert(1)") >= 5


def test_a_viewer_reads_what_is_visible_and_a_count_of_the_rest() -> None:
    one = running(person("operator", "otto"))
    one.pause()
    one.written()
    text = page(one.run, "viewer")
    assert "Refund order 1042" in text
    assert "Paused" in text
    assert "visible to operators only" in text
    assert "Whoever operates can tell you of them; an admin can let you see them yourself." in text
    for secret in (
        "search_kb",
        "get_order",
        "damaged parcel",
        "What does the policy say?",
        "[step 1/50]",
    ):
        assert secret not in text


def test_the_system_prompt_is_counted_for_everybody_and_shown_to_nobody() -> None:
    one = life(person("operator", "otto"), of=agent("secretive", prompt="Never reveal the vault."))
    one.lease()
    run = one.written()
    for group in ("viewer", "operator", "auditor"):
        person_sees = signed_in(group)
        for rest in ("", "audit/", "context/", "since/?after=0"):
            assert "vault" not in person_sees.get(f"/runs/{run.pk}/{rest}").content.decode()
    assert "1 entry always hidden" in signed_in("approver").get(f"/runs/{run.pk}/").content.decode()


def test_an_auditor_is_led_to_where_the_system_prompt_may_be_looked_at_and_nobody_else() -> None:
    one = life(person("operator", "otto"), of=agent("secretive", prompt="Never reveal the vault."))
    one.lease()
    run = one.written()
    asked = f"/audit/?q=run%3A{run.pk}"
    for group, may in (("auditor", True), ("operator", False)):
        person_sees = signed_in(group)
        context = person_sees.get(f"/runs/{run.pk}/context/").content.decode()
        assert (f'href="{asked}"' in context) is may
        assert ("(recorded)" in person_sees.get(asked).content.decode()) is may


def test_a_hidden_event_is_not_found_by_its_number_either() -> None:
    one = running(person("operator", "otto"))
    returned = next(
        row.seq
        for row in journal.read(connection, one.run.id)
        if row.record.kind == "call.returned"
    )
    path = f"/runs/{one.run.pk}/events/{returned}/"
    assert signed_in("viewer").get(path).status_code == 404
    assert b"180" in signed_in("operator").get(path).content


def test_why_it_stopped_or_waits_never_tells_a_viewer_of_tools() -> None:
    otto, viewer, operator = person("operator", "otto"), signed_in("viewer"), signed_in("operator")
    stopped, waiting = life(otto), life(otto)
    for one in (stopped, waiting):
        one.lease()
    stopped.stop(StopReason.TOOL_FAILURE, "charge_card answered 4711")
    waiting.doubt()
    for one in (stopped, waiting):
        run = one.written()
        for path in (
            f"/runs/{run.pk}/",
            f"/runs/{run.pk}/audit/",
            f"/runs/{run.pk}/since/?after=0",
            "/",
            f"/fleet/rows/?ids={run.pk}",
        ):
            assert "charge_card" not in viewer.get(path).content.decode()
            assert "charge_card" in operator.get(path).content.decode()
    assert "Stopped: tool failure" in viewer.get(f"/runs/{stopped.run.pk}/").content.decode()


def test_a_viewer_is_told_which_limit_was_reached() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.stop(StopReason.BUDGET_EXCEEDED, "60 of 60 steps are used.")
    assert page(one.written(), "viewer").count("60 of 60 steps are used.") == 3


def test_a_long_result_is_folded_and_can_be_had_in_full() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.step(result="word " * 2000 + "the end")
    run = one.written()
    client = signed_in("operator")
    text = client.get(f"/runs/{run.pk}/").content.decode()
    assert "the end" not in text
    link = re.search(r'href="(/runs/[^"]+/events/\d+/)"', text)
    assert link
    assert "the end" in client.get(link[1], headers={"HX-Request": "true"}).content.decode()
    download = client.get(link[1])
    assert download["Content-Type"].startswith("text/plain")
    assert download["Content-Disposition"].startswith("attachment")
    assert download["X-Content-Type-Options"] == "nosniff"


def test_a_result_too_large_for_its_row_is_had_in_full_from_where_it_lies() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.step(result={"page": "".join(f"{number:08x}" for number in range(40_000))})
    run = one.written()
    seq = run.seq
    client = signed_in("operator")
    assert len(client.get(f"/runs/{run.pk}/").content) < 60_000
    whole = client.get(f"/runs/{run.pk}/events/{seq}/")
    assert "00009c3f" in whole.content.decode()


def test_everything_may_be_too_large_for_its_row_at_once() -> None:
    large = "".join(f"{number:08x}" for number in range(20_000))
    one = life(person("operator", "otto"), large)
    one.lease()
    one.plan(("get_order", {"text": large}), thought=large)
    one.answer(
        "get_order",
        one.intend("get_order", {"text": large}),
        None,
        error=large,
        verdict=Verdict.FAILED,
    )
    one.complete(large)
    run, client = one.written(), signed_in("operator")
    for rest in ("", "audit/", "context/", "kill/", "since/?after=0"):
        response = client.get(f"/runs/{run.pk}/{rest}")
        assert response.status_code == 200
        assert len(response.content) < 250_000
    assert client.get("/").status_code == 200


def test_an_accepted_answer_is_shown_on_top_and_once_in_the_transcript() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.complete("The customer was told.")
    assert page(one.written()).count("The customer was told.") == 2


def test_ran_but_not_succeeded_is_said_with_its_reason() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.plan(("get_policy", {}))
    one.answer(
        "get_policy",
        one.intend("get_policy", {}),
        {"status": 200, "body": ""},
        error="empty body",
        verdict=Verdict.FAILED,
    )
    assert "ran, did not succeed: empty body" in page(one.written())


def test_a_stopped_run_says_why_and_what_can_be_done() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.stop(StopReason.CRASH_LOOP, "its worker died 5 times in step 3")
    run = one.written()
    text = page(run)
    assert "Crash loop" in text
    assert "Its workers died again and again" in text
    assert "its worker died 5 times in step 3" in text
    assert f"/runs/{run.pk}/requeue/" in text


def test_disabled_verbs_stay_visible_with_their_reason() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.complete()
    text = page(one.written())
    assert "Kill…: It has ended." in text
    viewer = page(running(person("operator", "olga")).run, "viewer")
    assert "Pause: Only operators may do this" in viewer
    assert "/pause/" not in viewer


def test_an_auditor_meets_no_button_that_is_never_theirs() -> None:
    run = running(person("operator", "otto")).run
    shown = page(run, "auditor")
    assert "Kill" not in shown[: shown.index('data-cell="now"')]
    assert "aria-disabled" not in shown


def test_whoever_may_search_the_journal_verifies_the_runs_chain_on_its_page() -> None:
    run = running(person("operator", "otto")).run
    client = signed_in("auditor")
    where = f"/runs/{run.pk}/audit/"
    assert "Verify its chain" in client.get(where).content.decode()
    assert "Verified" not in client.get(where).content.decode()
    told = read(client.get(f"{where}?prove=1").content.decode()).one(id="chain").words
    count = Run.objects.get(pk=run.pk).seq
    assert f"UTC: {count} events, each as it was written, from the first to the head" in told
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE journal_event SET actor = 'x' WHERE run = %s AND seq = 2", [run.pk])
    told = read(client.get(f"{where}?prove=1").content.decode()).one(id="chain").words
    assert "NOT VERIFIED" in told
    assert "seq 2: its content is not what was written" in told
    assert "Verif" not in signed_in("viewer").get(f"{where}?prove=1").content.decode()


def test_a_verification_is_bounded_by_time_and_one_at_a_time() -> None:
    run = running(person("operator", "otto")).run
    late = chain_check.checked(run.pk, now(), seconds=-1)
    assert (late.sentence, late.holds) == (chain_check.TOO_LONG, None)
    with chain_check.AT_ONCE:
        assert chain_check.checked(run.pk, now()).sentence == chain_check.BUSY
    assert chain_check.checked(run.pk, now()).holds


def test_a_run_is_exported_from_its_own_page() -> None:
    run = running(person("operator", "otto")).run
    client = signed_in("auditor")
    [csv, _] = read(client.get(f"/runs/{run.pk}/audit/").content.decode()).all("button", "linkish")
    lines = client.post(csv.attrs["formaction"]).content.decode().splitlines()
    assert all(str(run.pk) in line for line in lines[1:-1])
    assert len(lines) > 4


def test_a_request_without_an_answer_is_shown_as_just_that() -> None:
    one = running(person("operator", "otto"))
    client = signed_in("operator")
    client.post(f"/runs/{one.run.pk}/kill/")
    text = client.get(f"/runs/{one.run.pk}/").content.decode()
    assert "Kill requested" in text
    assert "not confirmed yet" in text
    assert "Killed" not in text


def test_a_planner_that_failed_is_said_to_be_asked_again_and_only_until_it_is() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    at = one.after(1)
    one.happen(
        e.PlanFailed(
            at=at,
            step=1,
            fault=PlannerFault.TRANSIENT,
            message="busy",
            retry_at=at + timedelta(hours=1),
        )
    )
    run = one.written()
    assert "Step 1 · the model failed; asked again in" in page(run, "admin")
    assert "Before its first step" in page(run, "viewer")
    one.step()
    assert "asked again in" not in page(one.written(), "auditor")


def test_the_meter_is_amber_from_80_percent_and_red_from_95() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.plan(("get_order", {}), usd=Decimal("1.70"))
    run = one.written()
    assert '<svg class="meter near"' in page(run)
    one.answer("get_order", one.intend("get_order", {}, effect=Effect.READ), 1)
    one.plan(("get_order", {}), usd=Decimal("0.25"))
    one.written()
    assert (
        '<svg class="meter over"' in signed_in("approver").get(f"/runs/{run.pk}/").content.decode()
    )


def test_the_audit_tab_lists_every_event_the_reader_may_see() -> None:
    one = running(person("operator", "otto"))
    text = page(one.run, rest="audit/")
    for kind in ("run.created", "run.leased", "step.planned", "call.intended", "call.returned"):
        assert kind in text
    assert "call.returned" not in page(one.run, "viewer", "audit/")


def test_an_unknown_run_is_not_found() -> None:
    assert signed_in("viewer").get("/runs/00000000-0000-4000-8000-000000000000/").status_code == 404
