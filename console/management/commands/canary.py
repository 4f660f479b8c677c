"""`manage.py canary`: plants a word in every kind of text that a console holds, crawls it as each
kind of person, and says what was told to whom it is not for.
"""

import importlib
import json as codec
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

NOT_HERE = "The crawl needs the tests of a checkout, and this installation has none."


class Command(BaseCommand):
    help = (
        "Plants a word in every kind of text that a console of its own holds, and crawls its pages,"
        " fragments, socket, exports, searches, admin, mails and logs as each kind of person. Then"
        " leaks one on purpose, and sees that it is found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *_args: object, json: bool, **_options: Any) -> None:
        if not (settings.BASE_DIR / "tests" / "doors" / "crawl.py").is_file():
            raise CommandError(NOT_HERE)
        call_command("migrate", verbosity=0, interactive=False)
        figures, leaks = importlib.import_module("tests.doors.measured").canary()
        if json:
            self.stdout.write(codec.dumps({**figures, "found": leaks}))
        else:
            self.stdout.write("\n".join([*(f"{k:<20} {v}" for k, v in figures.items()), *leaks]))
        if leaks or not figures["planted_leak_found"]:
            raise CommandError(f"{len(leaks)} leaks")
