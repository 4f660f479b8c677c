"""What the running processes may do to the journal in the console's own database: append and read,
and nothing else.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.patience import PATIENCE, until
from tests.stack.launches import Launch, launched
from tests.stack.test_up import SERVING

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
REFUSED = (
    "UPDATE journal_event SET actor = 'user:auditor'",
    "DELETE FROM journal_event",
    "TRUNCATE journal_event",
    "UPDATE journal_blob SET size = 0",
    "DELETE FROM journal_seal",
    "DELETE FROM journal_chain",
    "ALTER TABLE journal_event DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "DROP TABLE journal_event",
    (
        "CREATE OR REPLACE FUNCTION journal_over(chain uuid) RETURNS boolean LANGUAGE sql AS"
        " 'SELECT true'"
    ),
    "CREATE TABLE sha256 (id int)",
    "DELETE FROM django_migrations",
)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    with launched(tmp_path_factory.mktemp("console"), "--workers", "1") as launch:
        launch.wait_for(SERVING)
        yield launch


def connect(console: Launch) -> psycopg.Connection[tuple[object, ...]]:
    """As the processes do."""
    address = json.loads((console.data / "addresses.json").read_text())["DATABASE_URL"]
    return psycopg.connect(address, autocommit=True)


@pytest.mark.parametrize("statement", REFUSED)
def test_the_processes_role_is_refused(console: Launch, statement: str) -> None:
    with connect(console) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_processes_append_all_the_same(console: Launch) -> None:
    with connect(console) as connection:
        query = "SELECT count(*) FROM journal_event WHERE kind = 'call.returned'"
        until(
            lambda: (connection.execute(query).fetchone() or (0,))[0],
            "no run of the demo got anywhere",
        )
        assert connection.execute(
            "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone() == (
            "signalbox",
            False,
        )


def test_a_folder_whose_journal_is_of_an_older_form_is_refused_in_one_sentence(
    tmp_path: Path,
) -> None:
    with launched(tmp_path, "--no-demo") as launch:
        launch.wait_for(SERVING)
        owner = json.loads((launch.data / "addresses.json").read_text())["DATABASE_URL"].replace(
            "//signalbox@", "//postgres@"
        )
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("ALTER TABLE journal_event DROP COLUMN format")
    with launched(tmp_path, "--no-demo") as again:
        assert again.process.wait(PATIENCE) == 1
    assert (
        "holds a journal of an older form, which this version cannot read: begin a new one with"
        " `manage.py up --data FOLDER`" in again.log
    )
    assert "Traceback" not in again.log
