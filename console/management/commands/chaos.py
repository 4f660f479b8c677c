"""`manage.py chaos [--minutes M]`: breaks a console of its own and says what it came to."""

import json
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from console.chaos import copies
from console.chaos.play import play
from console.outside import terminal


class Command(terminal.TerminalCommand):
    requires_system_checks = ()
    help = (
        "Starts a console of its own in a temporary folder, keeps runs going, kills and freezes its"
        " processes and takes its servers away, and compares what the world outside saw with the"
        " journal. Exit 1 when anything was doubled, lost, stuck or blamed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=5.0, help="default: %(default)s")
        parser.add_argument("--seed", type=int, default=1, help="of the order of the faults")
        parser.add_argument(
            "--no-copies",
            dest="copies",
            action="store_false",
            help="without the phase on copies: a journal that is altered, a disk that is full",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
        parser.add_argument("--keep", help="a folder for the console's data and words, kept")

    def handle(self, **options: Any) -> None:
        quiet = options["json"]
        with tempfile.TemporaryDirectory(prefix="sbx-chaos-") as made:
            folder = Path(options["keep"] or made)
            folder.mkdir(parents=True, exist_ok=True)
            say = (lambda _line: None) if quiet else self.stdout.write
            figures, wrong = play(options["minutes"], options["seed"], folder, say)
            if options["copies"]:
                more, also = copies.tried(folder, say)
                figures, wrong = {**figures, **more}, [*wrong, *also]
        self.stdout.write(
            json.dumps({**figures, "wrong": wrong}) if quiet else text(figures, wrong)
        )
        if wrong:
            raise CommandError(f"{len(wrong)} things were wrong")


def text(figures: dict[str, int | float], wrong: list[str]) -> str:
    width = max(map(len, figures))
    return "\n".join([*(f"{name:<{width}}  {value:g}" for name, value in figures.items()), *wrong])
