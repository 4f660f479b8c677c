"""Seals over a real journal: what somebody who owns the database did to it since is named."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from console.journal import append as journal
from console.journal import encoding, pool, proof, seal, sealing
from console.journal.records import JournalRecord
from tests.journal.ledgers import chain, record, write

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _files(settings: Settings, tmp_path: Path) -> None:
    settings.SEALS, settings.SEAL_KEY = str(tmp_path / "seals.txt"), str(tmp_path / "key")


@pytest.fixture
def sealed() -> UUID:
    """A chain of four events, sealed after its third."""
    key = chain()
    write(key, *(record(number) for number in range(3)))
    assert sealing.make(AT)
    write(key, record(4))
    return key


def faults() -> list[str]:
    with Path(sealing.file()).open() as lines:
        told = seal.believed(seal.read(lines))
    return [fault.what for fault in proof.prove(journal.raw_connection(connection), told).faults]


def as_owner(*statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def written_anew(key: UUID) -> None:
    """What whoever owns the database can do: another actor in the first event, every digest, link
    and the head made to fit.
    """
    link = key.bytes
    for stored in journal.read(connection, key):
        with connection.cursor() as cursor:
            cursor.execute("SELECT body FROM journal_event WHERE id = %s", [stored.id])
            body = bytes(cursor.fetchone()[0])
            forged = stored.record if stored.seq > 1 else _by(stored.record, "user:auditor")
            digest = encoding.digest_of(encoding.envelope_of(forged), body)
            link = hashlib.sha256(link + digest).digest()
            cursor.execute("SET session_replication_role = replica")
            change = "UPDATE journal_event SET actor = %s, digest = %s, link = %s WHERE id = %s"
            cursor.execute(change, [forged.actor, digest, link, stored.id])
            cursor.execute("SET session_replication_role = origin")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_chain SET head = %s WHERE id = %s", [link, key])


def _by(made: JournalRecord, actor: str) -> JournalRecord:
    return replace(made, actor=actor)


def test_an_honest_journal_is_proved_against_its_seals(sealed: UUID) -> None:
    assert faults() == []


def test_a_chain_written_anew_is_named_although_it_is_whole_in_itself(sealed: UUID) -> None:
    written_anew(sealed)
    assert proof.prove(journal.raw_connection(connection)).faults == []
    assert faults() == [
        "forged: up to here the chain is not what was sealed on 2026-11-20T15:47:00+00:00"
    ]


def test_a_chain_left_out_is_named(sealed: UUID) -> None:
    as_owner(
        f"DELETE FROM journal_event WHERE run = '{sealed}'",
        f"DELETE FROM journal_chain WHERE id = '{sealed}'",
    )
    assert proof.prove(journal.raw_connection(connection)).faults == []
    assert faults() == [
        (
            "left out: sealed with 3 events on 2026-11-20T15:47:00+00:00, and nothing says it was"
            " retired"
        )
    ]


def test_a_chain_left_out_is_named_also_when_the_next_seal_calls_it_gone(sealed: UUID) -> None:
    as_owner(
        f"DELETE FROM journal_event WHERE run = '{sealed}'",
        f"DELETE FROM journal_chain WHERE id = '{sealed}'",
    )
    assert sealing.make(AT)
    assert len(faults()) == 1


def test_a_tail_cut_off_is_named(sealed: UUID) -> None:
    second = f"(SELECT link FROM journal_event WHERE run = '{sealed}' AND seq = 2)"
    as_owner(
        f"DELETE FROM journal_event WHERE run = '{sealed}' AND seq > 2",
        f"UPDATE journal_chain SET seq = 2, head = {second} WHERE id = '{sealed}'",
    )
    assert proof.prove(journal.raw_connection(connection)).faults == []
    assert faults() == ["cut short: sealed with 3 events on 2026-11-20T15:47:00+00:00"]


def test_a_seal_names_only_what_has_moved_and_the_file_has_every_one(sealed: UUID) -> None:
    assert sealing.make(AT)
    assert sealing.make(AT)
    seals = list(seal.read(Path(sealing.file()).read_text().splitlines()))
    heads = [json.loads(each.text)["heads"] for each in seals]
    assert [[each[:2] for each in moved] for moved in heads] == [
        [[str(sealed), 3]],
        [[str(sealed), 4]],
        [],
    ]


def test_a_seal_that_did_not_reach_the_file_is_written_there_with_the_next(sealed: UUID) -> None:
    lines = Path(sealing.file()).read_text()
    assert sealing.make(AT)
    Path(sealing.file()).write_text(lines)
    assert sealing.make(AT)
    assert len(Path(sealing.file()).read_text().splitlines()) == 3


def test_an_older_database_than_its_seals_is_not_sealed_again(sealed: UUID) -> None:
    as_owner("DELETE FROM journal_seal")
    with pytest.raises(sealing.OlderDatabase, match="restored backup"):
        sealing.make(AT)
    with pytest.raises(CommandError, match=r"restored backup.* See the page /restored/"):
        call_command("journal", "seal")


def test_the_key_is_readable_by_its_owner_only_and_a_new_one_is_handed_over_to(
    sealed: UUID,
) -> None:
    assert sealing.key_file().stat().st_mode & 0o777 == 0o600
    first = sealing.signer().public
    assert sealing.rotate() != first
    assert sealing.make(AT)
    assert faults() == []


def test_the_command_says_against_what_it_proved_and_refuses_a_file_it_cannot_believe(
    sealed: UUID,
) -> None:
    out = StringIO()
    file = str(sealing.file())
    call_command("journal", "verify", "--seals", file, "--key", sealing.signer().public, stdout=out)
    assert "Held against 1 seals" in out.getvalue()
    with pytest.raises(CommandError, match="not by the key given"):
        call_command("journal", "verify", "--seals", file, "--key", "00")
    Path(file).write_text(Path(file).read_text().replace("2026", "2027"))
    with pytest.raises(CommandError, match="was not signed"):
        call_command("journal", "verify", "--seals", file)
    pool.close()


@pytest.mark.parametrize("left", [1, 40, 300])
def test_a_seal_that_was_cut_off_while_it_was_written_is_written_again(
    sealed: UUID, left: int
) -> None:
    """A full disk or a power cut leaves the beginning of a line."""
    assert sealing.make(AT)
    file = sealing.file()
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"\n") + 1 + left])
    assert sealing.last_written() == 1
    assert sealing.make(AT)
    assert file.read_bytes().startswith(whole)
    assert faults() == []
    assert sealing.last_written() == 3


def test_a_file_with_nothing_but_the_beginning_of_a_seal_is_begun_anew(sealed: UUID) -> None:
    sealing.file().write_bytes(sealing.file().read_bytes()[:50])
    assert sealing.make(AT)
    assert faults() == []


@pytest.mark.parametrize("line", ["", "ab", "zz {}", "ab {}", "ab []", 'ab {"number": 2'])
def test_a_line_that_is_no_seal_is_named_by_its_number(sealed: UUID, line: str) -> None:
    with sealing.file().open("a") as lines:
        lines.write(line + "\n")
    with pytest.raises(seal.BadSeals, match="line 2 is no seal"):
        faults()
    with pytest.raises(seal.BadSeals):
        sealing.make(AT)


@pytest.mark.parametrize("kept", ["", "{}", "[]", '{"private": "ab", "handed_over": ""}'])
def test_a_key_that_was_cut_off_is_named_and_not_replaced(sealed: UUID, kept: str) -> None:
    sealing.key_file().write_text(kept)
    with pytest.raises(sealing.BadKey, match="holds no key: put back the copy in your backup"):
        sealing.make(AT)
    assert sealing.key_file().read_text() == kept
