"""`manage.py docs`: a page of the documentation as Markdown, with what is drawn from the code."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from console.docs import contents


class Command(BaseCommand):
    help = "Prints a page of the documentation as Markdown; without a page, which ones there are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("page", nargs="?", choices=[page.slug for page in contents.PAGES])

    def handle(self, *_args: object, page: str | None, **_options: Any) -> None:
        found = contents.find(page) if page else None
        if found is not None:
            self.stdout.write(found.text())
            return
        for each in contents.PAGES:
            self.stdout.write(f"{each.slug:<16} {each.about}")
