"""An old backup is put back under a house whose file of seals knows better: it is noticed, the
house halts, and a run of that backup repeats nothing that it had done since.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from console import restored, tasks
from console.journal import append as journal
from console.journal import database_clock, proof, restores, seal, sealing
from console.journal.models import Restore
from console.journal.records import HOUSE_KEY
from console.json_value import Json
from console.refused import Refused
from policies.halts import halt_levers
from policies.halts.models import Halt
from runs.engine.ports import Happened, Lookup, ToolContext
from runs.engine.vocabulary import Effect, RunStatus
from runs.models import Run
from tests.runtime.conftest import Bench, kinds
from tests.runtime.test_reconciling import TWO

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ("journal_event", "journal_blob", "journal_chain", "journal_seal", "runs_run")


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.SEALS, settings.SEAL_KEY = str(tmp_path / "seals.txt"), str(tmp_path / "key")


def as_owner(*statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


class Backup:
    """All rows of the journal and of runs, as they were when it was taken."""

    def __init__(self) -> None:
        as_owner(*(f"CREATE TABLE backup_{name} AS TABLE {name}" for name in TABLES))

    def restore(self) -> None:
        for name in TABLES:
            as_owner(f"DELETE FROM {name}", f"INSERT INTO {name} SELECT * FROM backup_{name}")

    def drop(self) -> None:
        as_owner(*(f"DROP TABLE backup_{name}" for name in TABLES))


@pytest.fixture
def paid(bench: Bench) -> list[str]:
    """The keys under which the far side was paid, in order."""
    found: list[str] = []

    async def pay(args: Mapping[str, Json], context: ToolContext) -> Json:
        found.append(context.idempotency_key)
        return {"id": args["n"]}

    tool = bench.tool("pay", pay, effect=Effect.IRREVERSIBLE, has_lookup=True)
    tool.found = Lookup(Happened.YES, {"id": 1})
    return found


@pytest.fixture
def old(bench: Bench, paid: list[str]) -> Iterator[Run]:
    """A run that was queued when the backup was taken, went on to its end, and is queued again."""
    run = bench.start(TWO)
    assert sealing.make(database_clock.now())
    backup = Backup()
    assert bench.play(run).status == RunStatus.COMPLETED
    assert sealing.make(database_clock.now())
    backup.restore()
    yield bench.look(run)
    backup.drop()


def house() -> list[str]:
    return [each.record.kind for each in journal.read(connection, HOUSE_KEY)]


def accepted(by: User) -> Restore:
    return restored.accept(actor=by, at=database_clock.now(), reason="looked up at the bank")


def test_a_house_that_knows_all_its_seals_is_not_halted(bench: Bench, paid: list[str]) -> None:
    assert restored.notice(database_clock.now()) is None
    bench.play(bench.start(TWO))
    assert sealing.make(database_clock.now())
    assert restored.notice(database_clock.now()) is None
    assert (Halt.objects.count(), Restore.objects.count()) == (0, 0)


def test_an_old_backup_is_noticed_once_and_everything_halts(bench: Bench, old: Run) -> None:
    row = restored.notice(database_clock.now())
    assert row is not None
    assert (row.kept_number, row.lost_number, row.runs) == (1, 2, 1)
    lever = Halt.objects.get()
    assert (lever.reach, lever.pulled_by, lever.pk) == ("all", halt_levers.HOUSE, row.halt)
    assert "An old backup was restored: the journal lacks" in lever.reason
    assert house()[-2:] == ["halt.pulled", "house.restored"]
    assert kinds(old)[-1] == "run.restored"
    again = restored.notice(database_clock.now())
    assert again is not None
    assert again.pk == row.pk
    assert (Halt.objects.count(), kinds(old).count("run.restored")) == (1, 1)


def test_the_clocks_seal_notices_it_as_well_and_makes_none(old: Run) -> None:
    with pytest.raises(sealing.OlderDatabase):
        tasks.seal()
    assert restores.standing() is not None


def test_a_run_of_the_backup_asks_before_it_repeats_anything(
    bench: Bench, old: Run, paid: list[str]
) -> None:
    restored.notice(database_clock.now())
    accepted(bench.user)
    done = bench.play(old)
    assert done.status == RunStatus.COMPLETED
    assert paid == [f"{old.pk}:1.1", f"{old.pk}:2.1"], "each was paid once, before the restore"
    assert kinds(old).count("call.looked_up") == 2


def test_where_no_tool_can_say_a_person_is_asked(bench: Bench, old: Run, paid: list[str]) -> None:
    bench.tools["pay"].found = Lookup(Happened.UNKNOWN)
    restored.notice(database_clock.now())
    accepted(bench.user)
    waits = bench.play(old)
    assert (waits.status, waits.waiting_for, len(paid)) == ("waiting", "in_doubt", 2)
    assert "restored from an old backup" in waits.stop_detail


def test_it_goes_on_only_with_a_reason_and_its_seals_begin_anew(bench: Bench, old: Run) -> None:
    restored.notice(database_clock.now())
    facts: Any = {"actor": bench.user, "at": database_clock.now()}
    with pytest.raises(Refused, match="Say what was done"):
        restored.accept(**facts, reason=" ")
    with pytest.raises(Refused, match="the page Restored"):
        halt_levers.release(halt_id=Halt.objects.get().pk, **facts)
    accepted(bench.user)
    assert not halt_levers.pulled().exists()
    assert house()[-2:] == ["halt.released", "restore.accepted"]
    with pytest.raises(Refused, match="Nobody waits"):
        accepted(bench.user)
    assert sealing.make(database_clock.now())
    assert restored.notice(database_clock.now()) is None
    [kept] = sealing.file().parent.glob("seals.txt.before-*")
    assert len(kept.read_text().splitlines()) == 2
    told = seal.believed(seal.read(sealing.file().read_text().splitlines()))
    assert told.number == 2
    assert proof.prove(journal.raw_connection(connection), told).faults == []


def test_a_database_that_is_another_one_is_not_taken_for_an_older_state(
    bench: Bench, old: Run
) -> None:
    as_owner("UPDATE journal_seal SET text = replace(text, '\"chains\"', '\"chainz\"')")
    assert restored.notice(database_clock.now()) is None
    as_owner("DELETE FROM journal_seal", "DELETE FROM journal_event")
    assert restored.notice(database_clock.now()) is None, "a new one has nothing to lack"


def test_a_file_of_seals_that_cannot_be_read_is_said_and_keeps_nobody_from_starting(
    bench: Bench, paid: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    sealing.file().write_text("this is no seal\n")
    assert restored.notice(database_clock.now()) is None
    assert "no file of seals" in caplog.text


def test_a_lever_that_a_person_had_pulled_is_kept(bench: Bench, old: Run) -> None:
    facts: Any = {"actor": bench.user, "at": database_clock.now()}
    mine = halt_levers.pull(reach="all", target="", reason="moving house", **facts)
    restored.notice(database_clock.now())
    accepted(bench.user)
    assert [row.pk for row in halt_levers.pulled()] == [mine.pk]
