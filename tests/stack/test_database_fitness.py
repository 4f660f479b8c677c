"""A database that answers and cannot hold the tables is named in one sentence, before anything is
started on it.
"""

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from console.management.commands import prepare
from console.stack import database_fitness, given

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def odd(request: pytest.FixtureRequest) -> str:
    """The address of a database of another encoding."""
    name = f"odd_{request.param.lower()}"
    with psycopg.connect(settings.DATABASE_DSN, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {name}".encode())
        owner.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{request.param}'"
            " LC_COLLATE 'C' LC_CTYPE 'C'".encode()
        )
    return make_conninfo(settings.DATABASE_DSN, dbname=name)


def test_a_database_that_cannot_hold_every_text_is_refused_before_its_first_table(odd: str) -> None:
    with pytest.raises(given.NotUsable, match=r"its encoding is (LATIN1|SQL_ASCII), which cannot"):
        given.check_database(odd)


def test_a_database_of_this_kind_is_fit() -> None:
    with psycopg.connect(settings.DATABASE_DSN, autocommit=True) as own:
        assert database_fitness.unfit(own) == ""


def test_a_version_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_fitness, "OLDEST", 99)
    with pytest.raises(given.NotUsable, match=r"PostgreSQL \d+ is too old: it takes 99 or newer"):
        given.check_database(settings.DATABASE_DSN)


@pytest.mark.parametrize(
    "statement",
    ["SET TRANSACTION READ ONLY", "SET LOCAL ROLE pg_monitor", "SET LOCAL search_path TO nowhere"],
)
def test_a_database_that_lets_nobody_make_tables_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    def migrated(*_words: object, **_options: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute("CREATE TABLE refused ()")

    monkeypatch.setattr(prepare, "call_command", migrated)
    with pytest.raises(CommandError, match=r"the database does not let .* make its tables"):
        prepare._bring_up_to_date()


def test_an_option_that_redis_does_not_know_is_named() -> None:
    with pytest.raises(
        given.NotUsable, match="REDIS_URL has an option that Redis does not know: 'colour'"
    ):
        given.check_redis("redis://127.0.0.1:1/0?colour=blue")


def test_a_database_of_redis_is_a_number() -> None:
    with pytest.raises(given.NotUsable, match="REDIS_URL names the database 'orders'"):
        given.check_redis("redis://127.0.0.1:1/orders")
