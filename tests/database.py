"""Brings the tests' database back to what the migrations left, between tests that commit.

Django's own flush cannot: the journal refuses TRUNCATE and DELETE, as it must, and rows made by
migrations (groups, permissions, the house's chain) would be gone for every later test. Only a
superuser's session may step around triggers, which the tests' is.
"""

from django.db import connection, transaction

KEPT = "baseline"


def remember() -> None:
    """Copies the rows that migrations made. Once, right after them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"create schema {KEPT}")
        for table in _filled():
            cursor.execute(f'create table {KEPT}."{table}" as table public."{table}"')


def reset() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        for table in _filled():
            cursor.execute(f'delete from public."{table}"')
        for table in _tables(KEPT):
            cursor.execute(
                f'insert into public."{table}" overriding system value select * from'
                f' {KEPT}."{table}"'
            )


def _filled() -> list[str]:
    tables = [table for table in _tables("public") if table != "django_migrations"]
    with connection.cursor() as cursor:
        cursor.execute(
            " union all ".join(
                f"""select '{table}' where exists (select from public."{table}")"""
                for table in tables
            )
        )
        return [table for (table,) in cursor.fetchall()]


def _tables(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = %s", [schema])
        return [table for (table,) in cursor.fetchall()]
