"""`manage.py supply`: what the console is made of; whether pins, hashes and licences are well."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from console.outside import terminal
from console.stack import supply


class Command(terminal.TerminalCommand):
    requires_system_checks = ()
    help = (
        "Checks that every package is pinned with its hashes and has a known licence. Asks for"
        " known weaknesses where pip-audit is here, and says when it could not ask. --sbom FILE:"
        " writes the bill of materials (CycloneDX). --write: asks the index for the hashes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sbom", type=Path, metavar="FILE")
        parser.add_argument("--write", action="store_true")

    def handle(self, *, sbom: Path | None, write: bool, **_options: Any) -> None:
        if write and (wrong := supply.write()):
            raise CommandError(wrong)
        if sbom is not None:
            found = supply.parts()
            sbom.write_text(json.dumps(supply.bill(found), indent=1) + "\n", encoding="utf-8")
            self.stdout.write(f"{sbom}: {len(found)} packages")
        elif supply.main():
            raise CommandError("not green")
