"""`manage.py record_sweeps [PLAN] [OUT]`: makes the calls of a plan at real tool servers and keeps
what they answered, for `evaluate sweeps` and for the fit of the loop detector.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from console.evaluate import sweep_recorder, sweeps
from console.outside import terminal
from runs.tools.mcp_server import ServerUnavailable


class Command(terminal.TerminalCommand):
    requires_system_checks = ()
    help = "Records honest sweeps from the tool servers that a plan names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", type=Path, nargs="?", default=sweep_recorder.PLAN)
        parser.add_argument("out", type=Path, nargs="?", default=sweeps.COMMITTED)

    def handle(self, *_args: object, plan: Path, out: Path, **_options: Any) -> None:
        try:
            count = sweep_recorder.record(json.loads(plan.read_text(encoding="utf-8")), out)
        except (OSError, ValueError, ServerUnavailable) as wrong:
            raise CommandError(f"{plan.name}: {wrong}") from wrong
        self.stdout.write(f"{count} calls recorded in {out.name}.")
