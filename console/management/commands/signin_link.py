"""`manage.py signin_link [username]`: a fresh one-time link, for whoever forgot a password."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from console.journal import database_clock
from console.outside import terminal
from console.pages import signin
from console.signing_in import factors
from console.stack import places


class Command(terminal.TerminalCommand):
    help = (
        "Print a link that signs a person in once, within 15 minutes. Without a name: the first"
        " superuser."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", nargs="?", help="whom it lets in")
        here = places.address("SIGNALBOX_URL", "http://127.0.0.1:8000")
        parser.add_argument(
            "--at",
            default=here,
            metavar="URL",
            help="where the console is (default: where it runs, %(default)s)",
        )

        parser.add_argument(
            "--forget-factors",
            action="store_true",
            help="for whoever lost them: take the person's second factors and passkeys away first",
        )

    def handle(self, **options: Any) -> None:
        user = _person(options["username"])
        if options["forget_factors"]:
            factors.forget(user, at=database_clock.now())
        self.stdout.write(options["at"].rstrip("/") + signin.issue(user, database_clock.now()))


def _person(username: str | None) -> User:
    people = User.objects.filter(is_active=True)
    found = people.filter(username=username) if username else people.filter(is_superuser=True)
    person = found.order_by("pk").first()
    if person is None:
        raise CommandError(
            f"There is no active user {username!r}."
            if username
            else "There is no active superuser; name a user."
        )
    return person
