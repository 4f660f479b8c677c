"""Brings the tests' database back to what the migrations left, between tests that commit.

Django's own flush cannot: the journal refuses TRUNCATE and DELETE, as it must, and rows made by
migrations (groups, permissions, the house's chain) would be gone for every later test. Only a
superuser's session may step around triggers, which the tests' is.
"""

from django.db import connection, transaction

KEPT = "baseline"
EMPTY = """if exists (select from public."{0}") then delete from public."{0}"; end if;"""
FILL = f"""insert into public."{{0}}" overriding system value select * from {KEPT}."{{0}}";"""
# one call of one function, whose statements are planned once
RESET = f"""create function {KEPT}.reset() returns void language plpgsql
    set session_replication_role = replica as $$ begin {{}} end $$"""


def remember() -> None:
    """Copies the rows that migrations made. Once, right after them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = [table for (table,) in cursor.fetchall() if table != "django_migrations"]
        cursor.execute(f"create schema {KEPT}")
        for table in tables:
            cursor.execute(f'create table {KEPT}."{table}" as table public."{table}"')
        acts = [act.format(table) for act in (EMPTY, FILL) for table in tables]
        cursor.execute(RESET.format("\n".join(acts)))


def reset() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"select {KEPT}.reset()")
