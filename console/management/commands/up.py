"""`manage.py up`, for those who come through Django; `manage.py` itself takes the shorter way."""

import argparse
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from console.stack import options, up


class Command(BaseCommand):
    requires_system_checks = ()
    help = options.SUMMARY

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_arguments(parser)

    def handle(self, *_args: object, **found: Any) -> None:
        if code := up.main(options.from_namespace(argparse.Namespace(**found))):
            raise CommandError("the console did not start", returncode=code)
