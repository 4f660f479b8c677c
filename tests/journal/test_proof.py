"""The proof: what was changed behind the journal's back is named, where it is and nowhere else."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from console.journal import append as journal
from console.journal import encoding, pool, proof
from tests.journal.ledgers import chain, record, write

pytestmark = pytest.mark.django_db


def tamper(statement: str, *params: int) -> None:
    """Does what the triggers forbid, as somebody with the database's own keys could."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, params)
        cursor.execute("SET LOCAL session_replication_role = origin")


def faults() -> list[proof.ProofFault]:
    return proof.prove(journal.raw_connection(connection)).faults


def named() -> list[tuple[int | None, int | None]]:
    return [(fault.id, fault.seq) for fault in faults()]


@pytest.fixture
def ids(db: None) -> list[int]:
    """Ids of a chain of nine between two others."""
    write(chain())
    key = chain()
    big = record(5, data={"result": "x" * 100_000})
    write(
        key,
        *(
            (
                big
                if number == 5
                else record(number, usd=None if number % 2 else Decimal(1), duration=0.5)
            )
            for number in range(1, 10)
        ),
    )
    write(chain())
    return [stored.id for stored in journal.read(connection, key)]


def test_an_untouched_journal_is_proved(ids: list[int]) -> None:
    found = proof.prove(journal.raw_connection(connection))
    assert (found.holds, found.blobs) == (True, 1)
    assert found.events >= 15


CHANGES = {
    "ts": "ts + interval '1 microsecond'",
    "correlation_id": "'00000000-0000-0000-0000-000000000001'",
    "span": "'0'",
    "actor": "actor || ' '",
    "kind": "upper(kind)",
    "step": "step + 1",
    "tool": "'get_ordes'",
    "outcome": "'ok'",
    "verdict": "'succeeded'",
    "rule": "'r'",
    "tokens_in": "1",
    "tokens_out": "1",
    "usd": "coalesce(usd, 0) + 0.000000001",
    "duration_us": "duration_us + 1",
    "visibility": "'visible'",
    "data": "replace(data, 'o', '0') || ' '",
    "salt": "set_byte(salt, 7, get_byte(salt, 7) # 1)",
    "body": "set_byte(body, 7, get_byte(body, 7) # 1)",
    "agent": "'refund-desk'",
    "principal": "'1'",
    "model": "'m'",
    "external_id": "'re_1'",
    "digest": "set_byte(digest, 7, get_byte(digest, 7) # 1)",
    "link": "set_byte(link, 7, get_byte(link, 7) # 1)",
}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("place", [0, 3, 7])
def test_one_flipped_byte_names_its_row_and_no_other(
    ids: list[int], column: str, place: int
) -> None:
    tamper(f"UPDATE journal_event SET {column} = {CHANGES[column]} WHERE id = %s", ids[place])
    assert named() == [(ids[place], place + 1)]


@pytest.mark.parametrize("column", ["kind", "link", "digest"])
def test_a_flipped_byte_in_the_last_row_names_it(ids: list[int], column: str) -> None:
    tamper(f"UPDATE journal_event SET {column} = {CHANGES[column]} WHERE id = %s", ids[8])
    assert (ids[8], 9) in named()


def test_a_row_moved_to_another_chain_is_named(ids: list[int]) -> None:
    tamper(
        "UPDATE journal_event SET run = '00000000-0000-0000-0000-000000000001' WHERE id = %s",
        ids[3],
    )
    found = named()
    assert (ids[3], 4) in found
    assert (ids[4], 5) in found


def test_a_row_with_another_number_is_named(ids: list[int]) -> None:
    tamper("UPDATE journal_event SET seq = 400 WHERE id = %s", ids[3])
    assert (ids[3], 400) in named()


def test_rows_in_another_order_are_noticed(ids: list[int]) -> None:
    tamper("UPDATE journal_event SET id = 900000 WHERE id = %s", ids[3])
    assert (ids[4], 5) in named()


def test_events_removed_from_the_middle_are_noticed(ids: list[int]) -> None:
    tamper("DELETE FROM journal_event WHERE id IN (%s, %s)", ids[3], ids[4])
    [fault] = faults()
    assert (fault.id, fault.seq) == (ids[5], 6)
    assert "seqs 4 to 5 are missing" in fault.what


def test_events_removed_from_the_end_are_noticed(ids: list[int]) -> None:
    tamper("DELETE FROM journal_event WHERE id = %s", ids[8])
    [fault] = faults()
    assert "seq 9 is missing at its end" in fault.what


def test_a_chain_removed_whole_is_noticed(ids: list[int]) -> None:
    tamper(
        "DELETE FROM journal_event WHERE run = (SELECT run FROM journal_event WHERE id = %s)",
        ids[0],
    )
    [fault] = faults()
    assert "all 9 events of this chain are gone" in fault.what


def test_an_event_added_by_hand_is_noticed(ids: list[int]) -> None:
    same = ", ".join([*encoding.COLUMNS, "link"])
    tamper(
        f"INSERT INTO journal_event (run, seq, {same}) SELECT run, 10, {same} FROM journal_event"
        " WHERE id = %s",
        ids[8],
    )
    assert any(fault.seq == 10 for fault in faults())


def test_a_head_that_was_set_back_is_noticed(ids: list[int]) -> None:
    tamper("UPDATE journal_chain SET head = '' WHERE seq = 9")
    [fault] = faults()
    assert "head in journal_chain" in fault.what


def test_a_chain_without_its_ledger_row_is_noticed(ids: list[int]) -> None:
    tamper("DELETE FROM journal_chain WHERE seq = 9")
    [fault] = faults()
    assert "no ledger" in fault.what


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE journal_blob SET content = set_byte(content, 70000, 1)",
            "is not what was written",
        ),
        ("DELETE FROM journal_blob", "is missing"),
    ],
)
def test_a_spilled_value_that_changed_names_the_event_that_refers_to_it(
    ids: list[int], change: str, said: str
) -> None:
    tamper(change)
    [fault] = faults()
    assert (fault.id, fault.seq) == (ids[4], 5)
    assert said in fault.what


def test_a_row_of_a_format_to_come_is_named(ids: list[int]) -> None:
    tamper("UPDATE journal_event SET format = 3 WHERE id = %s", ids[2])
    [fault] = faults()
    assert (fault.id, fault.what) == (ids[2], "it is of format 3, which this version cannot read")


def test_content_taken_away_without_an_erasure_is_named(ids: list[int]) -> None:
    tamper("UPDATE journal_event SET data = NULL, salt = NULL WHERE id = %s", ids[2])
    [fault] = faults()
    assert (fault.id, fault.what) == (ids[2], "its content is gone, and no erasure says so")


@pytest.mark.django_db(transaction=True)
def test_the_command_says_what_it_found_and_fails_when_it_is_not_proved() -> None:
    key = chain()
    write(key)
    out = StringIO()
    call_command("journal", "verify", "--json", stdout=out)
    assert json.loads(out.getvalue())["proved"] is True
    bad = journal.read(connection, key)[1].id
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica; UPDATE journal_event SET tool = 'x' WHERE id"
            " = %s",
            [bad],
        )
        cursor.execute("SET session_replication_role = origin")
    assert failing("--json")["faults"] == [
        {"id": bad, "run": str(key), "seq": 2, "what": "its content is not what was written"}
    ]
    pool.close()


def failing(*arguments: str) -> Any:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("journal", "verify", *arguments, stdout=out)
    assert ended.value.code == 1
    return json.loads(out.getvalue())
