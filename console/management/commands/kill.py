"""`manage.py kill RUN`: stops a run for good, as the button on its page does."""

import getpass
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from console.journal import acting, database_clock
from console.management.commands.run import OWN_ACCOUNT
from console.outside import terminal
from console.refused import Refused
from runs import services
from runs.models import Run


class Command(terminal.TerminalCommand):
    help = "Stops a run for good: its call in flight is cancelled, what it did is undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=UUID, help="its whole id")
        parser.add_argument("--reason", default="", help="why; it stays in the journal")

    def handle(self, *, run: UUID, reason: str, **options: Any) -> None:
        who = acting.by(acting.house_account(OWN_ACCOUNT)[0], f"by {getpass.getuser()}")
        try:
            services.kill(run_id=run, actor=who, at=database_clock.now(), note=reason[:500])
        except Run.DoesNotExist as missing:
            raise CommandError(f"There is no run {run}.", returncode=2) from missing
        except Refused as no:
            raise CommandError(no.sentence) from no
        self.stdout.write("Kill requested; a worker confirms it.")
