"""What has to be done between a running database and a console: tables, the demo, a way in. Run by `up` as a process of its own.

Its words go to the launcher: `TABLES` when processes may use the database, `LINK` before the path that signs the operator in.
"""

import time

import django
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from console.stack.up import TABLES

PATIENCE = 30.0
# two consoles on one database must not migrate at the same time
LOCK = 0x5167_B0CC


def main() -> None:
    django.setup()
    _wait_for_database(time.monotonic() + PATIENCE)
    _migrate()
    print(TABLES)


def _wait_for_database(deadline: float) -> None:
    while True:
        try:
            connection.ensure_connection()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            connections.close_all()
            time.sleep(0.05)
        else:
            return


def _migrate() -> None:
    """Asks first whether anything is missing: on most starts nothing is, and the migrate command is slow to find that out."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])
        try:
            executor = MigrationExecutor(connection)
            if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
                print(f"bringing the tables up to date: {len(plan)} migrations")
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


if __name__ == "__main__":
    main()
