"""Takes a command line to whoever carries it out: the launcher and the test runner before Django is
loaded, the rest through Django.
"""

import contextlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.core.management import execute_from_command_line

from console.environment_values import NotAValue
from console.stack import given, house, options, places, session, testing, up, verification
from console.stack.binaries import NoBinary
from console.stack.lock import AlreadyRunning
from console.stack.postgres import CannotServe
from console.stack.service import NotServing

HINDRANCES = (
    AlreadyRunning,
    CannotServe,
    NoBinary,
    NotAValue,
    NotServing,
    given.NotUsable,
    house.NoConsole,
    places.NoKey,
)
# these need no database
SELF_SUFFICIENT = frozenset(
    "help version check verify findstatic evaluate chaos docs doors supply simulate".split()
) | {"", "record_sweeps"}
# these make the tables themselves, and may begin the database of a console that was not made yet
MAKING = frozenset({"prepare", "migrate", "makemigrations", "replay"})

ON_THEIR_OWN = frozenset({"bench", "canary", "matrix"})
# benches whose data set takes minutes to make: it stays in a folder of its own
KEPT = frozenset({"audit", "fleet"})


def run(argv: Sequence[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    command, rest = (argv[1] if len(argv) > 1 else ""), list(argv[2:])
    try:
        return _carried_out(command, rest, argv)
    except HINDRANCES as hindrance:
        sys.exit(f"signalbox: {hindrance}")


def _carried_out(command: str, rest: list[str], argv: Sequence[str]) -> int:
    if command == "up":
        return up.main(options.parse(rest))
    if command == "test":
        return testing.main(rest)
    if command == "verify" and not _asks_for_help(rest):
        return verification.main(rest)
    with _services(command, rest):
        execute_from_command_line(list(argv))
    return 0


def _services(command: str, rest: Sequence[str]) -> contextlib.AbstractContextManager[object]:
    """The services a command runs on. What measures does so on services of its own; other commands
    get the embedded ones unless some are named or running.
    """
    if command.startswith("-") or _asks_for_help(rest) or _needs_no_database(command, rest):
        return contextlib.nullcontext()
    if command == "bench" and _named(rest) in KEPT:
        return session.private(durable=False, kept=_kept())
    if command in ON_THEIR_OWN:
        return session.private()
    given.check(os.environ)
    named = all(os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL"))
    return contextlib.nullcontext() if named else house.borrowed(making=command in MAKING)


def _needs_no_database(command: str, rest: Sequence[str]) -> bool:
    of_a_file = command == "policy" and any(word.startswith("--policies") for word in rest)
    return of_a_file or command in SELF_SUFFICIENT


def _named(rest: Sequence[str]) -> str:
    """The bench that is asked for, wherever options stand."""
    return next((word for word in rest if not word.startswith("-")), "")


def _kept() -> Path:
    """Where large data sets stay: SIGNALBOX_BENCH_DATA, else a temporary folder of this account."""
    named = os.environ.get("SIGNALBOX_BENCH_DATA")
    return Path(named or Path(tempfile.gettempdir()) / f"signalbox-bench-{os.getuid()}").absolute()


def _asks_for_help(rest: Sequence[str]) -> bool:
    return "--help" in rest or "-h" in rest
