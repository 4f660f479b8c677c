"""A person acts while the database is read-only, as during a fail-over: a sentence, and nothing
changed.
"""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from django.test import Client

from console.journal import pool
from runs.models import Run
from tests.pages.lives import running
from tests.pages.people import person
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)


def every_server_process(change: str, state: str) -> None:
    """Change what new transactions of the server may do, and wait until this is so for the tests'
    own connection.
    """
    with psycopg.connect(pool.conninfo(), autocommit=True) as own:
        own.execute("SET default_transaction_read_only = off")
        own.execute(change.encode())
        own.execute("SELECT pg_reload_conf()")
    until(lambda: standing() == state, f"it never turned {state}")


def standing() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW default_transaction_read_only")
        return str(cursor.fetchone()[0])


@pytest.fixture
def read_only() -> Iterator[None]:
    every_server_process("ALTER SYSTEM SET default_transaction_read_only = on", "on")
    yield
    every_server_process("ALTER SYSTEM RESET default_transaction_read_only", "off")


def client_of(group: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person(group), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(("fragment", "status"), [(False, 503), (True, 409)])
def test_a_kill_that_cannot_be_written_says_so_and_changes_nothing(
    request: pytest.FixtureRequest, fragment: bool, status: int
) -> None:
    run = running(person("operator", "olga")).run
    client = client_of("operator")
    request.getfixturevalue("read_only")
    headers = {"HX-Request": "true"} if fragment else {}
    answer = client.post(f"/runs/{run.pk}/kill/", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (status, "5")
    assert "takes no changes at this moment" in answer.content.decode()
    assert Run.objects.get(pk=run.pk).control == ""


def test_a_connection_that_was_refused_a_write_is_not_used_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    before = connection.connection
    with pytest.raises(Exception, match="read-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE runs_run SET seq = seq")
    assert before is not None
    assert before.closed
    connection.close()
    assert not Run.objects.update(tool="")
