"""`manage.py four_eyes`: which widenings of rights take a second person. `--off KIND --why WHY` is
the way on where nobody else is left to confirm.
"""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from console.journal import database_clock, edits
from console.journal.records import Actor
from console.outside import terminal
from policies.current.four_eyes.models import FourEyesRule
from policies.current.four_eyes.rules import WideningKind


class Command(terminal.TerminalCommand):
    help = (
        "Lists what takes a second person here. --off KIND switches a rule off without one, for"
        " when nobody is left to confirm; that is journalled like any edit"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--off", choices=[each.value for each in WideningKind])
        parser.add_argument("--why", default="", help="kept in the journal")

    def handle(self, *, off: str | None, why: str, **options: Any) -> None:
        if off:
            switch_off(off, why.strip())
        for row in FourEyesRule.objects.all():
            self.stdout.write(f"{row.kind}: {'on' if row.enabled else 'off'}")


def switch_off(kind: str, why: str) -> None:
    if not why:
        raise CommandError("Say why with --why: it is kept in the journal.")
    with transaction.atomic():
        row = FourEyesRule.objects.select_for_update().get(kind=kind)
        before = edits.facts_of(row)
        row.enabled, row.note = False, why[:500]
        row.save(update_fields=["enabled", "note"])
        edits.note(
            verb="changed",
            row=row,
            before=before,
            after=edits.stored_facts(row),
            actor=Actor(f"shell:{getpass.getuser()}"),
            at=database_clock.now(),
        )
