"""Whoever is asked for what another run has done, or asks for as well, reads so before they answer:
on the card, on the page for many, and on a card that is open already.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from approvals.models import Request
from approvals.selectors import elsewhere
from console.json_value import Json
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import AnswerAct
from tests.approvals.desk import Desk, person
from tests.approvals.held_answers import HOLD, client_of, hold, page

PAYS = "{ order_id = 1063, amount = 72.0, recipient = 'ines@example.com' }"


def asked(desk: Desk, args: str = PAYS) -> Request:
    return desk.asked(desk.start(args))


def short(request: Request) -> str:
    return str(request.run_id)[:8]


async def refused(args: Mapping[str, Json], context: ToolContext) -> Json:
    raise ToolError("no funds", answered=True)


def warned(who: User, request: Request, suffix: str = "") -> str:
    return page(who, f"/approvals/{request.pk}/{suffix}").one(data_cell="warns").words


def test_a_card_says_that_the_same_was_done_in_another_run_by_whom_and_when(
    approvals_desk: Desk,
) -> None:
    first, second = asked(approvals_desk), asked(approvals_desk)
    approvals_desk.decide(first)
    assert approvals_desk.bench.play(first.run).status == "completed"
    said = warned(approvals_desk.ada, second)
    done = f"This was done already in another run: {short(first)} (approved by you"
    assert re.search(rf"{re.escape(done)} \d s ago", said)
    assert "it succeeded" in said
    bob = person("bob", "approver")
    assert re.search(r"approved by ada \d s ago", warned(bob, second))
    assert f'href="/runs/{first.run_id}/"' in str(
        client_of(bob).get(f"/approvals/{second.pk}/").content
    )
    assert re.search(r"approved by ada \d s ago", warned(bob, second, "now/"))


def test_a_twin_that_waits_is_said_on_both_cards_and_the_first_thing_there(
    approvals_desk: Desk,
) -> None:
    first, second = asked(approvals_desk), asked(approvals_desk)
    other = asked(approvals_desk, PAYS.replace("1063", "1064"))
    for one, twin in ((first, second), (second, first)):
        said = warned(approvals_desk.ada, one)
        assert said.startswith(f"This is asked for in another run as well: {short(twin)}")
    assert warned(approvals_desk.ada, other) == ""


def test_a_yes_that_is_held_back_is_told_at_once(approvals_desk: Desk, settings: Settings) -> None:
    settings.DECISION_HOLD = HOLD.total_seconds()
    first, second = asked(approvals_desk), asked(approvals_desk)
    hold(first, approvals_desk.ada)
    told = warned(approvals_desk.ada, second)
    assert re.search(r"by you \d s ago; it is about to be done", told)


def test_a_call_is_known_by_what_was_let_through_and_not_by_what_was_asked(
    approvals_desk: Desk,
) -> None:
    first, second = asked(approvals_desk), asked(approvals_desk)
    less = asked(approvals_desk, PAYS.replace("72.0", "60.0"))
    approvals_desk.decide(first, AnswerAct.EDIT, args={**first.args, "amount": 60.0})
    approvals_desk.bench.play(first.run)
    assert "done already" in warned(approvals_desk.ada, less)
    assert "done already" not in warned(approvals_desk.ada, second)


def test_a_call_that_failed_there_is_said_to_have_failed(approvals_desk: Desk) -> None:
    first, second = asked(approvals_desk), asked(approvals_desk)
    approvals_desk.decide(first)
    approvals_desk.pay.behaviour = refused
    approvals_desk.bench.play(first.run)
    said = warned(approvals_desk.ada, second)
    assert "This was approved already in another run" in said
    assert "it failed there" in said


def test_what_was_denied_or_is_older_than_a_day_is_not_told(approvals_desk: Desk) -> None:
    first, second = asked(approvals_desk), asked(approvals_desk)
    approvals_desk.decide(first, AnswerAct.DENY, note="no")
    assert warned(approvals_desk.ada, second) == ""
    third = asked(approvals_desk)
    approvals_desk.decide(third)
    Request.objects.filter(pk=third.pk).update(ended_at=datetime.now(UTC) - timedelta(hours=25))
    assert warned(approvals_desk.ada, second) == ""


def test_whoever_may_see_no_runs_reads_of_none(approvals_desk: Desk) -> None:
    _, second = asked(approvals_desk), asked(approvals_desk)
    clerk = User.objects.create_user("clerk")
    clerk.user_permissions.add(Permission.objects.get(codename="view_request"))
    assert warned(clerk, second) == ""


def test_the_page_for_many_says_it_of_each_row(approvals_desk: Desk) -> None:
    first, second, third = (asked(approvals_desk) for _ in range(3))
    approvals_desk.decide(first)
    approvals_desk.bench.play(first.run)
    shown = page(approvals_desk.ada, f"/approvals/bulk/?like={second.pk}").words
    assert shown.count("This was done already in another run") == 2
    assert short(first) in shown
    assert third.pk


def test_a_hundred_twins_are_one_query_by_the_index(approvals_desk: Desk) -> None:
    first, second = asked(approvals_desk), asked(approvals_desk)
    for each in (first, second):
        each.refresh_from_db()
    with CaptureQueriesContext(connection) as seen:
        found = elsewhere.of([first, second], approvals_desk.ada, datetime.now(UTC))
    assert set(found) == {first.pk, second.pk}
    reads = [each["sql"] for each in seen.captured_queries if "LATERAL" in each["sql"]]
    assert len(reads) == 1
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {reads[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "request_same_call" in plan
    assert "Seq Scan" not in plan
