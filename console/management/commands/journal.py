"""`manage.py journal verify`: proves every chain of the journal, or names the rows that are not as they were written."""

import dataclasses
import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from psycopg.errors import UndefinedTable

from console.journal import pool, proof

SHOWN = 50


class Command(BaseCommand):
    help = "verify: prove the chains of all events and the spilled values beside them; exit 1 and name each bad row otherwise"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["verify"])
        parser.add_argument("--json", action="store_true", help="one object: proved, chains, events, blobs, seconds, faults")

    def handle(self, **options: Any) -> None:
        began = time.monotonic()
        try:
            with pool.pool().connection() as connection:
                found = proof.prove(connection)
        except UndefinedTable as missing:
            raise CommandError("This database holds no journal yet.") from missing
        seconds = time.monotonic() - began
        self.stdout.write(_as_json(found, seconds) if options["json"] else _as_text(found, seconds))
        if not found.holds:
            sys.exit(1)


def _as_json(found: proof.Proof, seconds: float) -> str:
    facts = {"proved": found.holds, "chains": found.chains, "events": found.events, "blobs": found.blobs, "seconds": round(seconds, 3)}
    return json.dumps({**facts, "faults": [dataclasses.asdict(fault) for fault in found.faults]}, default=str)


def _as_text(found: proof.Proof, seconds: float) -> str:
    walked = f"{found.events:,} events in {found.chains:,} chains and {found.blobs:,} spilled values, in {seconds:.1f} s"
    if found.holds:
        return f"Proved: {walked}."
    lines = [f"  {fault}" for fault in found.faults[:SHOWN]]
    rest = [f"  and {len(found.faults) - SHOWN:,} more"] if len(found.faults) > SHOWN else []
    faults = "1 fault" if len(found.faults) == 1 else f"{len(found.faults):,} faults"
    return "\n".join([f"NOT PROVED: {faults} among {walked}.", *lines, *rest])
