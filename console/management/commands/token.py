"""`manage.py token USER --name N`: a token for the API, shown once. Without a name: all of them."""

import getpass
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from console.journal import database_clock
from console.journal.records import Actor
from console.models import ApiToken
from console.outside import terminal
from console.people import api_tokens
from console.refused import Refused


class Command(terminal.TerminalCommand):
    help = (
        "Prints a token by which a program acts for this person, once: only its digest is kept."
        " With --revoke: ends the one of that name. Without a name: lists them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", help="what the journal calls it; without one, all are listed")
        parser.add_argument(
            "--scope",
            action="append",
            choices=sorted(api_tokens.SCOPES),
            help="what it is for; may be given several times (default: runs:read)",
        )
        parser.add_argument(
            "--expires", type=int, default=90, metavar="DAYS", help="from now (default: 90)"
        )
        parser.add_argument("--revoke", action="store_true")

    def handle(self, *, username: str, name: str | None, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        if name is None:
            for each in ApiToken.objects.filter(user=user):
                self.stdout.write(line(each))
            return
        who: Any = {"at": database_clock.now(), "actor": Actor(f"shell:{getpass.getuser()}")}
        if options["revoke"]:
            self.revoke(user, name, who)
            return
        try:
            secret = api_tokens.make(
                user=user,
                name=name,
                scopes=options["scope"] or ["runs:read"],
                lasts=timedelta(days=min(max(options["expires"], 0), 10_000)),
                **who,
            )
        except Refused as no:
            raise CommandError(no.sentence) from no
        self.stdout.write(secret)

    def revoke(self, user: User, name: str, who: Any) -> None:
        found = ApiToken.objects.filter(user=user, name=name, revoked_at=None).first()
        if found is None or not api_tokens.revoke(token=found, **who):
            raise CommandError(f"{user} has no token “{name}”.")
        self.stdout.write(f"Revoked: {found}")


def line(token: ApiToken) -> str:
    """`nightly · runs:read · in force, until 2027-02-27 · last used never`."""
    stands = api_tokens.standing(token, database_clock.now())
    used = f"{token.last_used_at:%Y-%m-%d %H:%M} UTC" if token.last_used_at else "never"
    until = f"{stands}, until {token.expires_at:%Y-%m-%d}"
    return " · ".join((token.name, ", ".join(token.scopes), until, f"last used {used}"))
