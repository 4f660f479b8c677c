"""`manage.py agents`: writes agents to a file, and makes them what a file says."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from console import row_files
from console.api import bodies
from console.doors.api_errors import ApiError
from console.journal import database_clock
from console.outside import terminal
from console.refused import Refused
from runs import agent_file
from runs.models import Agent


class Command(terminal.TerminalCommand):
    help = (
        "export [NAME…]: agents as JSON in a fixed order, without any secret. apply FILE: make them"
        " what the file says, as the admin's form would, and print what changes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        export = acts.add_parser("export")
        export.add_argument("names", nargs="*", help="these only; by default all")
        apply = acts.add_parser("apply")
        apply.add_argument("file", type=Path)
        apply.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            if act == "export":
                self.stdout.write(exported(options["names"]), ending="")
            else:
                self.apply(options["file"], keep=not options["dry_run"])
        except Refused as no:
            raise CommandError(no.sentence) from no

    def apply(self, file: Path, *, keep: bool) -> None:
        """Print each agent with what changes of it."""
        entries = row_files.read(content(file), agent_file.WHAT, agent_file.KNOWN)
        made = row_files.apply(entries, agent_file.form_of, at=database_clock.now(), keep=keep)
        for line in row_files.told(made, keep=keep):
            self.stdout.write(line)


def exported(names: list[str]) -> str:
    found = Agent.objects.order_by("name")
    if names:
        found = found.filter(name__in=names)
        if missing := set(names) - {each.name for each in found}:
            raise Refused(f"There is no agent {', '.join(sorted(missing))}.")
    return agent_file.written(list(found))


def content(file: Path) -> dict[str, Any]:
    """What the file holds. Raises CommandError."""
    try:
        return bodies.parsed(file.read_bytes())
    except OSError as trouble:
        raise CommandError(f"{file} cannot be read: {trouble}") from trouble
    except ApiError as wrong:
        raise CommandError(f"{file}: {wrong.message}") from wrong
