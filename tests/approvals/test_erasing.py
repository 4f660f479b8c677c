"""Erasing and retiring, end to end: a value that a run was asked, called with, answered and decided
on is found nowhere afterwards.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from console.journal import append as journal
from console.journal import content_index, content_search, proof
from console.journal.content_search import WantedWords
from console.journal.records import HOUSE_KEY, USER_HIDDEN, VISIBLE
from console.journal.seal import ChainHead, Sealed
from console.refused import Refused
from runs import run_erasure
from runs.engine.vocabulary import AnswerAct
from runs.models import Agent, Run
from tests.approvals.desk import Desk
from tests.pages.people import person
from tests.runtime.conftest import answering, calling

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
SECRET = "Rosalind-Thorne"
BY, DAY = "user:ada", timedelta(days=1)

CONTENT = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    " AND data_type = ANY(%s)"
)
TEXTS = ("text", "character varying", "jsonb", "json", "ARRAY", "bytea")


def places_of(value: str) -> list[str]:
    """Every column of every table that holds the value, in whatever table a later room may add."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(CONTENT, [list(TEXTS)])
        for table, column in cursor.fetchall():
            text = f"encode(\"{column}\", 'escape')" if column == "content" else f'"{column}"::text'
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {text} ILIKE %s', [f"%{value}%"])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


@pytest.fixture
def ended(approvals_desk: Desk) -> Run:
    """A run that ended after a person had edited and approved a call about somebody whose name
    stands in everything.
    """
    asked = f"{{ order_id = 1, amount = 5.0, recipient = '{SECRET}' }}"
    script = calling("pay", asked) + answering(f"Paid {SECRET}. {'x' * 70_000}")
    run = approvals_desk.start(script=script)
    approvals_desk.decide(
        approvals_desk.asked(run), AnswerAct.APPROVE, note=f"{SECRET} is known to me"
    )
    run = approvals_desk.bench.play(run)
    assert run.status == "completed"
    Run.objects.filter(pk=run.pk).update(goal=f"Pay {SECRET}")
    Agent.objects.update(script="")  # this planner's words are the agent's, not the run's
    return run


def erase(run: Run, at: datetime = AT) -> int:
    return run_erasure.erase(run_id=run.pk, actor=BY, reason="asked for by the customer", at=at)


def faults() -> list[str]:
    return [str(fault) for fault in proof.prove(journal.raw_connection(connection)).faults]


def test_before_it_is_erased_the_value_is_in_many_places(ended: Run) -> None:
    assert {
        "journal_event.data",
        "journal_blob.content",
        "runs_run.goal",
        "approvals_request.args",
    } <= set(places_of(SECRET))


def test_once_erased_the_value_is_found_in_no_table(ended: Run) -> None:
    assert erase(ended) > 5
    assert places_of(SECRET) == []


def searched(field: str, text: str) -> int:
    """How many events the search finds by this."""
    wanted = WantedWords((((field, text),),), limit=1_000)
    return len(content_search.having(wanted, frozenset({VISIBLE, USER_HIDDEN})))


@pytest.mark.parametrize("rounds", [0, 1])
def test_once_erased_the_value_is_not_found_and_its_envelope_is(ended: Run, rounds: int) -> None:
    for _ in range(rounds):
        content_index.go_round(5)
    envelopes = searched("tool", "pay")
    assert searched("word", SECRET.lower()) > 2
    erase(ended)
    content_index.go_round(5)
    assert searched("word", SECRET.lower()) == 0
    assert searched("tool", "pay") == envelopes > 0


def test_a_retired_run_leaves_no_key_behind(ended: Run) -> None:
    content_index.go_round(5)
    run_erasure.retire(run_id=ended.pk, actor=BY, reason="its time is over", at=AT)
    content_index.go_round(5)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM journal_indexed WHERE event NOT IN (SELECT id FROM journal_event)"
        )
        assert cursor.fetchone() == (0,)
    assert searched("word", SECRET.lower()) == 0


def test_old_runs_of_an_agent_are_retired_together(ended: Run) -> None:
    Run.objects.filter(pk=ended.pk).update(ended_at=AT)
    agent = ended.agent.name

    def retired(agent: str, before: datetime) -> tuple[int, int]:
        return run_erasure.retire_older(
            agent=agent, before=before, actor=BY, reason="kept for a quarter", at=AT
        )

    assert retired("nobody", AT + DAY) == retired(agent, AT) == (0, 0)
    assert retired(agent, AT + DAY) == (1, 0)
    assert not Run.objects.filter(pk=ended.pk).exists()


def test_an_erased_journal_is_still_proved_and_says_how_much_is_gone(ended: Run) -> None:
    erased = erase(ended)
    found = proof.prove(journal.raw_connection(connection))
    assert (found.faults, found.erased) == ([], erased)


def test_the_page_of_an_erased_run_still_opens_and_says_by_whom_and_when(ended: Run) -> None:
    erase(ended)
    for group in ("operator", "viewer", "auditor"):
        client = Client()
        client.force_login(person(group), backend="django.contrib.auth.backends.ModelBackend")
        for page in ("", "audit/", "context/"):
            answer = client.get(f"/runs/{ended.pk}/{page}")
            assert answer.status_code == 200
            assert SECRET not in answer.content.decode()
        if group != "viewer":
            assert (
                "erased on 20 Nov 2026 by ada" in client.get(f"/runs/{ended.pk}/").content.decode()
            )


def test_a_live_run_cannot_be_erased(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    with pytest.raises(Refused, match="has not ended"):
        erase(run)


def test_the_database_itself_refuses_to_erase_or_retire_a_live_run(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    for function in ("journal_erase", "journal_retire"):
        with (
            pytest.raises(IntegrityError, match="still being written"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SELECT {function}(%s)", [run.pk])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal_event SET data = NULL",
        "UPDATE journal_blob SET content = NULL",
        "DELETE FROM journal_event",
        "TRUNCATE journal_event",
    ],
)
def test_nobody_takes_content_away_past_the_function(ended: Run, change: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_the_function_erases_no_more_than_the_chain_says(ended: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_erase(%s)", [ended.pk])
        assert cursor.fetchone() == (0,)
    assert "journal_event.data" in places_of(SECRET)


def test_a_retired_run_is_gone_and_the_house_keeps_its_head(ended: Run) -> None:
    head, seq = bytes(Run.objects.get(pk=ended.pk).head), ended.seq
    run_erasure.retire(run_id=ended.pk, actor=BY, reason="a year old", at=AT)
    assert not Run.objects.filter(pk=ended.pk).exists()
    assert journal.read(connection, ended.pk) == []
    kept: dict[str, Any] = dict(journal.read(connection, HOUSE_KEY)[-1].record.data)
    assert kept == {"run": str(ended.pk), "events": seq, "head": head.hex(), "reason": "a year old"}
    assert places_of(SECRET) == []
    assert faults() == []
    sealed = Sealed(heads={ended.pk: ChainHead(seq, head)})
    assert proof.prove(journal.raw_connection(connection), sealed).faults == []
