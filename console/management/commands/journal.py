"""`manage.py journal`: proves every chain, seals where they stand, erases content of ended runs,
retires them whole.
"""

import dataclasses
import getpass
import json
import sys
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from psycopg.errors import UndefinedTable

from console.journal import content_index, database_clock, pool, proof, seal, sealing
from console.outside import terminal
from console.pages import exported_file
from console.refused import Refused
from runs import run_erasure

SHOWN = 50
HELP = (
    "verify: prove the chains of all events and the spilled values beside them; exit 1 and name"
    " each bad row otherwise. check-export FILE: hold a file that the audit page exported, CSV or"
    " JSON, against the journal and prove the chains that it names; exit 1 and name each row that"
    " differs. seal: sign where every chain stands, as the clock does each minute."
    " rotate-key: a new signing key from the next seal on. erase RUN: take the content of an ended"
    " run away for good. retire RUN: remove an ended run whole; with --agent and --days, all old"
    " ones of an agent. reindex: the clock makes the search of words anew."
)


class Command(terminal.TerminalCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = ["verify", "check-export", "seal", "rotate-key", "erase", "retire", "reindex"]
        parser.add_argument("act", choices=acts)
        parser.add_argument(
            "which", nargs="?", help="erase, retire: the run; check-export: the file"
        )
        parser.add_argument(
            "--reason", default="", help="erase, retire: why; it stays in the journal"
        )
        parser.add_argument("--agent", default="", help="retire: ended runs of this agent")
        parser.add_argument(
            "--days", type=float, default=90, help="retire --agent: those that ended so long ago"
        )
        parser.add_argument(
            "--seals",
            help="verify: the file of seals, kept where the database's owner cannot reach",
        )
        parser.add_argument(
            "--key",
            default="",
            help="verify: the public key (hex) that the first seal has to be signed by",
        )
        parser.add_argument(
            "--json",
            action="store_true",
            help="verify: one object: proved, chains, events, erased, blobs, seconds, faults",
        )

    def handle(self, **options: Any) -> None:
        match options["act"]:
            case "verify":
                self.verify(options)
            case "check-export":
                self.check_export(options["which"])
            case "seal":
                self.stdout.write(_seal())
            case "rotate-key":
                self.stdout.write(f"from the next seal on: {sealing.rotate()}")
            case "reindex":
                content_index.rebuild()
                self.stdout.write("the clock indexes every event again, the oldest first")
            case _:
                self.remove(options)

    def verify(self, options: dict[str, Any]) -> None:
        began = time.monotonic()
        sealed = _sealed(options["seals"], options["key"])
        told = (
            f" Held against {sealed.number:,} seals, the last of {sealed.at}, first key"
            f" {sealed.first_key}."
            if sealed
            else ""
        )
        try:
            with pool.pool().connection() as connection:
                found = proof.prove(connection, sealed)
        except UndefinedTable as missing:
            raise CommandError("This database holds no journal yet.") from missing
        seconds = time.monotonic() - began
        self.stdout.write(
            _as_json(found, seconds) if options["json"] else _as_text(found, seconds) + told
        )
        if not found.holds:
            sys.exit(1)

    def check_export(self, file: str | None) -> None:
        if not file:
            raise CommandError("check-export which file? Name one that the audit page exported.")
        try:
            with Path(file).open(encoding="utf-8", newline="") as text:
                rows = exported_file.read(text)
        except (OSError, exported_file.NoExport) as trouble:
            raise CommandError(f"{file}: {trouble}") from trouble
        with pool.pool().connection() as connection:
            found = exported_file.held_against(connection, rows)
        self.stdout.write("\n".join(found.lines(SHOWN)))
        if not found.holds:
            sys.exit(1)

    def retire_older(self, options: dict[str, Any]) -> None:
        now = database_clock.now()
        try:
            retired, kept = run_erasure.retire_older(
                agent=options["agent"],
                before=now - timedelta(days=options["days"]),
                actor=f"shell:{getpass.getuser()}",
                reason=options["reason"],
                at=now,
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        stays = f"; {kept} stay, since newer runs came of them" if kept else ""
        self.stdout.write(f"{retired} runs retired{stays}")

    def remove(self, options: dict[str, Any]) -> None:
        act, run, reason = options["act"], _run(options["which"]), options["reason"]
        if act == "retire" and options["agent"]:
            self.retire_older(options)
            return
        if run is None:
            raise CommandError(f"{act} which run? Give its whole id.")
        facts: Any = {
            "run_id": run,
            "actor": f"shell:{getpass.getuser()}",
            "reason": reason,
            "at": database_clock.now(),
        }
        try:
            if act == "erase":
                self.stdout.write(f"{run_erasure.erase(**facts)} events have lost their content")
            else:
                run_erasure.retire(**facts)
                self.stdout.write("retired: the house's own chain keeps its head")
        except Refused as refused:
            raise CommandError(str(refused)) from refused


def _run(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as wrong:
        raise CommandError(f"{text} is no id of a run.") from wrong


def _seal() -> str:
    """Make a seal now; what became of it, as a sentence."""
    try:
        made = sealing.make(database_clock.now())
    except sealing.OlderDatabase as older:
        raise CommandError(f"{older} See the page /restored/.") from older
    return f"sealed: {sealing.file()}" if made else "another process is sealing at this moment"


def _sealed(file: str | None, key: str) -> seal.Sealed | None:
    """What the file of seals says, every signature checked.

    Raises CommandError when it cannot be believed.
    """
    if not file:
        return None
    try:
        with Path(file).open(encoding="utf-8") as lines:
            found = seal.believed(seal.read(lines))
    except (OSError, seal.BadSeals) as trouble:
        raise CommandError(f"{file}: {trouble}") from trouble
    if key and found.first_key != key:
        raise CommandError(
            f"{file}: its first seal is signed by {found.first_key}, not by the key given"
        )
    return found


def _as_json(found: proof.Proof, seconds: float) -> str:
    facts = {
        "proved": found.holds,
        "chains": found.chains,
        "events": found.events,
        "blobs": found.blobs,
        "erased": found.erased,
        "seconds": round(seconds, 3),
    }
    return json.dumps(
        {**facts, "faults": [dataclasses.asdict(fault) for fault in found.faults]}, default=str
    )


def _as_text(found: proof.Proof, seconds: float) -> str:
    walked = (
        f"{found.events:,} events in {found.chains:,} chains and {found.blobs:,} spilled values, in"
        f" {seconds:.1f} s"
    )
    if found.holds:
        return f"Proved: {walked}."
    lines = [f"  {fault}" for fault in found.faults[:SHOWN]]
    rest = [f"  and {len(found.faults) - SHOWN:,} more"] if len(found.faults) > SHOWN else []
    faults = "1 fault" if len(found.faults) == 1 else f"{len(found.faults):,} faults"
    return "\n".join([f"NOT PROVED: {faults} among {walked}.", *lines, *rest])
