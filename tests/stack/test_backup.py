"""A backup by the documented commands, restored into another database: its journal is proved."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from console.journal import pool, proof
from console.stack import binaries
from tests.journal.ledgers import chain, record, write

pytestmark = pytest.mark.django_db(transaction=True)
COPY = "restored_copy"


def tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on the tests' server."""
    where = conninfo_to_dict(pool.conninfo())
    environment = {
        f"PG{word.upper()}": str(where[word]) for word in ("host", "port", "user") if word in where
    }
    password = {"PGPASSWORD": str(where["password"])} if where.get("password") else {}
    program = binaries.postgres_folder(None) / name
    subprocess.run([program, *arguments], check=True, env={**environment, **password})


def test_a_dump_that_is_restored_holds_the_same_journal_and_proves(tmp_path: Path) -> None:
    write(chain(), *(record(number) for number in range(1, 30)))
    write(chain(), record(1, data={"result": "x" * 100_000}))
    name = str(conninfo_to_dict(pool.conninfo())["dbname"])
    dump = str(tmp_path / "signalbox.dump")
    tool("pg_dump", "--format=custom", f"--file={dump}", name)
    copy = make_conninfo(pool.conninfo(), dbname=COPY)
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(COPY))
    with psycopg.connect(pool.conninfo(), autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(COPY)))
        try:
            tool("pg_restore", "--no-owner", f"--dbname={COPY}", dump)
            with psycopg.connect(copy, autocommit=True) as restored:
                found, first = proof.prove(restored), proof.prove(server)
        finally:
            server.execute(drop)
    assert found.holds
    assert (found.events, found.chains, found.blobs) == (first.events, first.chains, first.blobs)
    assert found.events >= 30
