"""The far side's list held against a real journal: what is found, on whom, once, and until when."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from console.journal import append as journal
from console.journal import database_clock
from console.journal.records import HOUSE_KEY
from console.json_value import Json
from console.live import rounds
from console.refused import Refused
from runs import reconciling, run_erasure
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ListedEffect, ToolContext, ToolSpec
from runs.engine.vocabulary import Discrepancy, Effect
from runs.models import EffectFinding, Run
from runs.reading import call_courses, standing_runs
from tests.runtime.conftest import Bench, kinds, stored

pytestmark = pytest.mark.django_db(transaction=True)
TWO = """
[[step]]
call = { tool = "pay", args = { n = 1 } }
[[step]]
call = { tool = "pay", args = { n = 2 } }
[[step]]
final = "paid"
"""


@dataclass
class Bank:
    """A far side: what was paid, by the key of each payment."""

    spec: ToolSpec
    ledger: list[ListedEffect] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    shut: bool = False

    async def pay(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        if args["n"] == 3:
            raise ToolError("no funds", answered=True)
        self.ledger.append(
            ListedEffect(context.idempotency_key, database_clock.now(), f"payment {args['n']}")
        )
        return {"id": args["n"]}

    async def list_effects(self, since: datetime) -> Sequence[ListedEffect]:
        self.asked.append(since)
        if self.shut:
            raise ToolError("the bank is shut")
        return self.ledger


@pytest.fixture
def bank(bench: Bench) -> Bank:
    found = Bank(ToolSpec("pay", "pays", {"type": "object"}, effect=Effect.IRREVERSIBLE))
    bench.tool("pay", found.pay, effect=Effect.IRREVERSIBLE)
    return found


def later() -> datetime:
    """When everything is old enough to be compared."""
    return database_clock.now() + timedelta(minutes=10)


def differences(run: Run | None = None) -> list[tuple[str, str]]:
    rows = EffectFinding.objects.filter(run=run.pk if run else None).order_by("id")
    return [(row.difference, row.call) for row in rows]


def test_nothing_is_found_where_nothing_differs(bench: Bench, bank: Bank) -> None:
    done = bench.play(bench.start(TWO))
    assert reconciling.reconcile(bank, later()) == 0
    assert (len(bank.ledger), EffectFinding.objects.count(), bench.look(done).findings) == (2, 0, 0)
    assert bank.asked[0] < done.created_at - timedelta(hours=23)


def test_a_lost_effect_and_one_that_was_had_twice_are_found_on_their_run_once(
    bench: Bench, bank: Bank
) -> None:
    run = bench.play(bench.start(TWO))
    bank.ledger = [bank.ledger[1], bank.ledger[1]]
    assert reconciling.reconcile(bank, later()) == 2
    assert differences(run) == [("not_there", "1.1"), ("twice", "2.1")]
    assert reconciling.reconcile(bank, later()) == 0, "a second round finds nothing new"
    assert kinds(run)[-2:] == ["finding.opened", "finding.opened"]
    last = stored(run)[-1].record
    assert (last.tool, last.data["listed"], last.data["difference"]) == (
        "pay",
        "payment 2",
        "twice",
    )
    assert bench.look(run).findings == 2
    assert [each.pk for each in standing_runs.attention()] == [run.pk]


def test_an_effect_of_a_call_that_failed_is_found(bench: Bench, bank: Bank) -> None:
    run = bench.play(bench.start(TWO.replace("n = 1", "n = 3")))
    bank.ledger.append(ListedEffect(f"{run.pk}:1.1", database_clock.now(), "paid all the same"))
    reconciling.reconcile(bank, later())
    assert differences(run) == [(Discrepancy.ALTHOUGH_FAILED, "1.1")]


def test_an_effect_that_no_call_had_is_a_finding_of_the_house_or_of_the_run_it_names(
    bench: Bench, bank: Bank
) -> None:
    run, now = bench.play(bench.start(TWO)), database_clock.now()
    bank.ledger += [
        ListedEffect("by hand", now, "50 to Bob"),
        ListedEffect(f"{uuid4()}:1.1", now),
        ListedEffect(f"{run.pk}:7.1", now),
    ]
    assert reconciling.reconcile(bank, later()) == 3
    assert differences(run) == [("no_call", "7.1")]
    assert len(differences()) == 2
    told = [each.record for each in journal.read(connection, HOUSE_KEY)][-3:]
    said = {each.data["key"]: each.data["listed"] for each in told if each.kind == "finding.opened"}
    assert said["by hand"] == "50 to Bob"


@pytest.mark.parametrize("stands_in", ["recording", "drill"])
def test_what_stood_in_for_a_tool_had_no_effect_and_is_no_finding(
    bench: Bench, bank: Bank, stands_in: str
) -> None:
    run = bench.play(bench.start(TWO))
    Run.objects.filter(pk=run.pk).update(snapshot={**run.snapshot, stands_in: {}})
    bank.ledger = []
    assert reconciling.reconcile(bank, later()) == 0


def test_what_happened_just_now_is_left_to_the_next_round(bench: Bench, bank: Bank) -> None:
    bench.play(bench.start(TWO))
    bank.ledger = []
    assert reconciling.reconcile(bank, database_clock.now()) == 0
    assert reconciling.reconcile(bank, later()) == 2


def test_a_finding_is_closed_with_a_reason_and_not_found_again(bench: Bench, bank: Bank) -> None:
    run = bench.play(bench.start(TWO))
    bank.ledger = bank.ledger[1:]
    reconciling.reconcile(bank, later())
    finding = EffectFinding.objects.get()
    facts: Any = {"finding_id": finding.pk, "actor": bench.user, "at": later()}
    with pytest.raises(Refused, match="Say what was the matter"):
        reconciling.close(**facts, reason="  ")
    reconciling.close(**facts, reason="Reversed by the bank on Monday.")
    assert (bench.look(run).findings, kinds(run)[-1]) == (0, "finding.closed")
    assert standing_runs.attention() == []
    last = stored(run)[-1].record
    assert (last.person, last.data["note"]) == (
        str(bench.user.pk),
        "Reversed by the bank on Monday.",
    )
    with pytest.raises(Refused, match="It was closed already"):
        reconciling.close(**facts, reason="again")
    assert reconciling.reconcile(bank, later()) == 0


def reconciled(bank: Bank) -> int:
    try:
        return reconciling.go_round_of([bank], later())
    finally:
        connections.close_all()


def test_a_run_at_work_is_told_and_goes_on(bench: Bench, bank: Bank) -> None:
    """The finding is written beside the run's course; its worker reads it and commits after it."""
    seen: list[int] = []

    async def pay(args: Mapping[str, Json], context: ToolContext) -> Json:
        done = await bank.pay(args, context)
        if args["n"] == 2:
            bank.ledger.append(ListedEffect(f"{run.pk}:9.9", database_clock.now()))
            seen.append(await asyncio.to_thread(reconciled, bank))
        return done

    bench.tool("pay", pay, effect=Effect.IRREVERSIBLE)
    run = bench.start(TWO)
    done = bench.play(run)
    assert (seen, done.status, done.findings) == ([1], "completed", 1)


def test_a_bank_that_is_shut_is_said_and_keeps_no_other_from_being_compared(
    bench: Bench, bank: Bank
) -> None:
    bench.play(bench.start(TWO))
    shut, bank.ledger = Bank(replace(bank.spec, name="refund"), shut=True), []
    rounds.go("reconciliation", lambda: reconciling.go_round_of([shut, bank], later()))
    told = rounds.of("reconciliation").trouble
    assert told == "1 left out, first the effects of refund: ToolError: the bank is shut"
    assert EffectFinding.objects.count() == 2


def test_no_more_than_the_newest_part_of_the_journal_is_looked_at(
    bench: Bench, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the journal has grown by more, the list is asked for less, and nothing is made up of
    what was left out.
    """
    first = bench.play(bench.start(TWO))
    bench.play(bench.start(TWO))
    bank.ledger = []
    monkeypatch.setattr(call_courses, "ROWS", 6)
    reconciling.reconcile(bank, later())
    assert bank.asked[0] > first.created_at
    assert differences(first) == []


def test_what_was_erased_or_retired_is_no_finding(bench: Bench, bank: Bank) -> None:
    erased, retired = (bench.play(bench.start(TWO)) for _ in range(2))
    facts: Any = {"actor": "shell:test", "reason": "asked for", "at": database_clock.now()}
    run_erasure.erase(run_id=erased.pk, **facts)
    run_erasure.retire(run_id=retired.pk, **facts)
    assert reconciling.reconcile(bank, later()) == 0


def test_erasing_a_run_blanks_what_its_findings_say(bench: Bench, bank: Bank) -> None:
    run = bench.play(bench.start(TWO))
    bank.ledger *= 2
    reconciling.reconcile(bank, later())
    run_erasure.erase(run_id=run.pk, actor="shell:test", reason="asked for", at=later())
    assert "payment" not in json.dumps(
        list(EffectFinding.objects.values("listed", "reason", "key"))
    )
