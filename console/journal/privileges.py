"""What the running processes may do in the database: append to the journal and read it, never
change it; everything else as they need.

Granted again at each `prepare`, by the role that owns the tables.
"""

from django.db import connection
from psycopg import sql

GRANTS = """
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE UPDATE, DELETE ON journal_event, journal_blob, journal_seal FROM {role};
REVOKE DELETE ON journal_chain FROM {role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role};
"""


class NoSuchRole(Exception):
    """The role that the processes are to sign in as does not exist.

    A sentence for whoever prepares the database.
    """


def grant(role: str) -> None:
    """Let `role` run the house. Raises NoSuchRole."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            raise NoSuchRole(
                f"there is no role {role} in this database: create it, or leave"
                " SIGNALBOX_RUNTIME_ROLE away"
            )
        for statement in filter(str.strip, GRANTS.split(";")):
            cursor.execute(
                sql.SQL(statement).format(role=sql.Identifier(role)).as_string(cursor.connection)
            )
