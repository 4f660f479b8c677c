"""`manage.py test`, for `manage.py help`; `manage.py` itself runs it before Django is loaded."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from console.stack import testing


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Runs the tests on services of their own; arguments go to pytest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rest", nargs="*")

    def handle(self, *_args: object, rest: list[str], **_options: Any) -> None:
        if testing.main(rest):
            raise CommandError("tests failed")
