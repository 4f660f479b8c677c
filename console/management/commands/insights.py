"""`manage.py insights [--rebuild] [--json]`: holds the sums of Insights against the journal, or
makes them anew from it.
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from console.outside import terminal
from runs.insights import rolling
from runs.insights.models import RolledRun, Rollup

MOST_SHOWN = 20


class Command(terminal.TerminalCommand):
    help = (
        "Adds what is new in the journal to the sums of Insights and says which of them are not"
        " what the journal says. Exit code 1 when some are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="make all sums anew from the journal first"
        )
        parser.add_argument("--json", action="store_true", help="one object")

    def handle(self, *, rebuild: bool, **options: Any) -> None:
        if rebuild:
            rolling.rebuild()
        else:
            rolling.go_round()
        wrong = rolling.differences()
        figures = {
            "runs": RolledRun.objects.count(),
            "sums": Rollup.objects.count(),
            "different": len(wrong),
        }
        self.stdout.write(json.dumps(figures) if options["json"] else sentence(**figures))
        for key, has, should in wrong[:MOST_SHOWN]:
            self.stderr.write(f"{' '.join(map(str, key))}: {has}, the journal says {should}")
        if wrong:
            sys.exit(1)


def sentence(runs: int, sums: int, different: int) -> str:
    return f"{sums:,} sums over {runs:,} runs; {different:,} are not what the journal says"
