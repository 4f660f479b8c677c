"""`manage.py prepare`: what has to be done between a running database and a console: tables, the
demo, a way in. `up` runs it.

Its words go to the launcher: `TABLES` when processes may use the database, `LINK` before the path
that signs the owner in.
"""

import time
from datetime import datetime
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, CommandParser, call_command
from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from console import restored
from console.journal import append, database_clock, privileges
from console.outside import terminal
from console.pages import signin
from console.stack import pooler
from console.stack.up import LINK, TABLES
from runs.demo import seed
from runs.tools import registry

PATIENCE = 15.0
NOT_ALLOWED = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.ReadOnlySqlTransaction,
)
OTHER_FORM = (
    "this database holds a journal of an older form, which this version cannot read: begin a new"
    " one with `manage.py up --data FOLDER` (or another DATABASE_URL), and keep the old folder for"
    " the version that wrote it"
)
FIRST = "admin"
# two consoles on one database must not migrate at the same time
LOCK = 0x5167_B0CC
TURN = 60.0
HOLDER = """
    SELECT format('the lock is held by server process %%s (%%s, %%s since %%s)', pid,
    nullif(application_name, ''), state, state_change)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objid = %s LIMIT 1"""


class Command(terminal.TerminalCommand):
    help = (
        "Brings the tables up to date, fills the demo if it is wanted, lets a new console's owner"
        " in. `up` does this by itself."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--link",
            action="store_true",
            help="print a path that signs the owner in once, though there is an account",
        )

    def handle(self, *_args: object, link: bool = False, **_options: Any) -> None:
        _wait_for_database(time.monotonic() + PATIENCE)
        _refuse_another_form()
        _migrate()
        _open_to(settings.RUNTIME_ROLE)
        if found := restored.notice(database_clock.now()):
            said = restored.sentence(found.kept_at, found.lost_at)
            print(f"{said} Everything is halted: see the page /restored/")
        print(TABLES, flush=True)
        for tool in registry.broken():
            print(tool.sentence)
        now = database_clock.now()
        if settings.DEMO:
            seed.seed(at=now)
        if link or not _somebody_can_sign_in():
            print(LINK + signin.issue(_owner(now), now))


def _wait_for_database(deadline: float) -> None:
    """Wait until the database answers, without the pool, which would not say why it does not.
    Raises CommandError.
    """
    while True:
        try:
            psycopg.connect(settings.DATABASE_DSN, connect_timeout=5).close()
            pooler.refuse(settings.DATABASE_DSN)
        except pooler.Lends as lends:
            raise CommandError(str(lends)) from None
        except psycopg.Error as error:
            if not isinstance(error, psycopg.OperationalError) or time.monotonic() > deadline:
                raise CommandError(
                    f"the database cannot be reached: {' '.join(str(error).split())}"
                ) from error
            time.sleep(0.05)
        else:
            return


def _refuse_another_form() -> None:
    """Refuse a journal of another form than this version's, which was proved by other means. Raises
    CommandError.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('journal_event') IS NOT NULL AND NOT EXISTS (SELECT FROM"
            " pg_attribute WHERE attname = 'format' AND attrelid = to_regclass('journal_event'))"
        )
        if cursor.fetchone()[0]:
            raise CommandError(OTHER_FORM)


def _open_to(role: str) -> None:
    if role:
        try:
            privileges.grant(role)
        except privileges.NoSuchRole as missing:
            raise CommandError(str(missing)) from missing


def _migrate() -> None:
    """Migrate if anything is missing: on most starts nothing is, and the migrate command is slow to
    find that out.
    """
    with connection.cursor() as cursor:
        _take_turns(cursor, time.monotonic() + TURN)
        try:
            executor = MigrationExecutor(connection)
            if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
                print(f"bringing the tables up to date: {len(plan)} migrations")
                _bring_up_to_date()
        finally:
            if not cursor.connection.closed:  # a lock ends with its connection
                cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


def _bring_up_to_date() -> None:
    """Raises CommandError where the database does not let this role do so."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        if not isinstance(cause_of(error), NOT_ALLOWED):
            raise
        said = " ".join(str(error).split())
        raise CommandError(
            f"the database does not let {connection.settings_dict['USER'] or 'this role'} make its"
            f" tables ({said}): name the database's owner in DATABASE_URL, and a server that may"
            " be written"
        ) from error


def cause_of(error: BaseException) -> BaseException:
    """The database's own error, below those in which Django wraps it."""
    while below := error.__cause__ or error.__context__:
        error = below
    return error


def _take_turns(cursor: CursorWrapper, deadline: float) -> None:
    """Wait for another console that brings the tables up to date; in the end say which it is.
    Raises CommandError.
    """
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if (row := cursor.fetchone()) and row[0]:
            return
        if time.monotonic() > deadline:
            cursor.execute(HOLDER, [LOCK])
            raise CommandError(
                "another `prepare` is at work on this database, or died there:"
                f" {(cursor.fetchone() or ['nobody now'])[0]}"
            )
        time.sleep(0.1)


def _somebody_can_sign_in() -> bool:
    """Whether an administrator has a password, or has come in by a link before: to print another
    link would put a key into the log.
    """
    admins = User.objects.filter(is_superuser=True, is_active=True)
    return any(admin.has_usable_password() or admin.last_login for admin in admins)


def _owner(now: datetime) -> User:
    """The user whom the link lets in: the first superuser, who is made in a new console, without a
    password until they set one.
    """
    if found := User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first():
        return found
    append.note(kind="user.seeded", actor="system", at=now, data={"user": FIRST})
    return User.objects.create_superuser(FIRST)
