"""`manage.py doors`: every address, socket message and admin form with the permission that is asked
first.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from console.doors import inventory


class Command(BaseCommand):
    help = (
        "Lists every address, socket message and admin form with the permission that is asked"
        " before anything is read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write", action="store_true", help=f"put the list into {inventory.FILE.name}"
        )

    def handle(self, *_args: object, write: bool, **_options: Any) -> None:
        if write:
            inventory.FILE.write_text(inventory.written())
        else:
            self.stdout.write(inventory.written())
