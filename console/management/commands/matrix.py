"""`manage.py matrix`: asks the console for everything as each kind of person, and holds its answers
to the file of who may what.
"""

import importlib
import json as codec
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from console.doors import matrix

NOT_HERE = (
    "The walk needs the tests of a checkout, and this installation has none; what is written down"
    f" stands in console/doors/{matrix.FILE.name}."
)


class Command(BaseCommand):
    help = (
        "Asks a console of its own for every address, form of the admin and socket as each kind of"
        " person, with bodies of every kind, and compares the answers with those written down."
        " Then takes ten permissions away, one after the other, and sees that each is missed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write", action="store_true", help=f"only put the matrix into {matrix.FILE.name}"
        )
        parser.add_argument("--role", action="append", default=[], help="only this kind of person")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(
        self, *_args: object, write: bool, role: list[str], json: bool, **_options: Any
    ) -> None:
        if write:
            matrix.FILE.write_text(matrix.written())
            return
        if not (settings.BASE_DIR / "tests" / "doors" / "walk.py").is_file():
            raise CommandError(NOT_HERE)
        call_command("migrate", verbosity=0, interactive=False)
        figures, wrong = importlib.import_module("tests.doors.measured").matrix(role)
        if json:
            self.stdout.write(codec.dumps({**figures, "found": wrong}))
        else:
            self.stdout.write("\n".join([*(f"{k:<20} {v}" for k, v in figures.items()), *wrong]))
        if wrong:
            raise CommandError(f"{len(wrong)} answers are not those that are written down")
