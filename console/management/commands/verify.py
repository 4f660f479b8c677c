"""`manage.py verify`, for those who come through Django;
`manage.py` itself takes the shorter way."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from console.stack import verification


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "The one gate: format, lint, import contracts, types, system checks, missing migrations,"
        " tests."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--static", action="store_true", help="everything but the tests")

    def handle(self, *_args: object, static: bool, **_options: Any) -> None:
        if verification.main(["--static"] if static else []):
            raise CommandError("not green")
