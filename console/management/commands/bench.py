"""`manage.py bench NAME [--json]`: measures on services of its own, prints figures."""

import argparse
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from console import bench
from console.bench import report


def _names() -> list[str]:
    """Modules that measure, told by their text: importing them all would take longer than some of
    them measure.
    """
    return sorted(
        file.stem
        for folder in bench.__path__
        for file in Path(folder).glob("*.py")
        if "\ndef measure(" in file.read_text()
    )


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Measures one thing and prints its figures: " + ", ".join(_names())

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="which bench")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object instead of a table"
        )
        parser.add_argument("rest", nargs=argparse.REMAINDER, help="options of the bench itself")

    def handle(
        self, *_args: object, name: str, json: bool, rest: list[str], **_options: Any
    ) -> None:
        module = _find(name)
        # REMAINDER takes everything after NAME, our own option with it
        options = _parse(module, name, [word for word in rest if word != "--json"])
        call_command("migrate", verbosity=0, interactive=False)
        figures = module.measure(options)
        write = report.as_json if json or "--json" in rest else report.as_table
        self.stdout.write(write(name, figures))


def _find(name: str) -> ModuleType:
    if name not in _names():
        raise CommandError(f"no bench named {name}; there are: {', '.join(_names())}")
    return importlib.import_module(f"console.bench.{name}")


def _parse(module: ModuleType, name: str, words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"manage.py bench {name}", description=module.__doc__)
    if hasattr(module, "add_arguments"):
        module.add_arguments(parser)
    return parser.parse_args(words)
