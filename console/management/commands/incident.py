"""`manage.py incident [list|NAME] [--json]`: what the incident library holds, or one incident
played to its end by the workers that are running.
"""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from console.journal import database_clock
from console.live.following import Following
from console.management.commands.run import page, principal, seconds
from console.outside import terminal
from console.refused import Refused
from runs.incidents import plays
from runs.incidents.incident import library
from runs.incidents.plays import Play, PlayVerdict
from runs.models import Run

HELD, DID_NOT, USAGE, WAITS, LATE = 0, 1, 2, 3, 4
EXITS = {
    PlayVerdict.HELD: HELD,
    PlayVerdict.DID_NOT: DID_NOT,
    PlayVerdict.WAITS: WAITS,
    PlayVerdict.GOING: LATE,
}
LIST = "list"
LOOK_AT_LEAST = 5.0
"""Seconds after which the run is looked at again though nobody told of a change."""


class Command(terminal.TerminalCommand):
    help = (
        "Lists the incidents of the library, or plays one on shadow tools and says whether what has"
        f" to hold held. Exit codes: {HELD} held, {DID_NOT} did not hold or was refused, {USAGE}"
        f" wrong usage, {WAITS} waits for a person, {LATE} not over at --timeout."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default=LIST, help="an incident, or “list”")
        parser.add_argument("--as", dest="who", default="", metavar="USER", help="who starts it")
        parser.add_argument("--json", action="store_true", help="one object at the end")
        parser.add_argument(
            "--timeout", type=seconds, default=120.0, metavar="SECONDS", help="wait no longer"
        )

    def handle(self, *, name: str, who: str, timeout: float, **options: Any) -> None:
        if name == LIST:
            self.stdout.write(listed(as_json=options["json"]))
            return
        play = waited_for(started(name, who), timeout)
        self.stdout.write(json.dumps(told(play)) if options["json"] else "\n".join(lines(play)))
        if code := EXITS[play.verdict]:
            sys.exit(code)


def listed(*, as_json: bool) -> str:
    facts = [
        {
            "name": each.name,
            "kind": each.kind.value,
            "title": each.title,
            "happened": each.happened,
            "signalbox": each.signalbox,
            "look": each.look,
            "asks_a_person": each.waits_for_people,
        }
        for each in library().values()
    ]
    if as_json:
        return json.dumps(facts)
    return "\n".join(f"{each['name']:28} {each['title']}" for each in facts)


def started(name: str, who: str) -> Run:
    """The new run. Raises CommandError."""
    try:
        incident = plays.find(name)
    except LookupError as missing:
        raise CommandError(f"There is no incident {name!r}.", returncode=USAGE) from missing
    try:
        return plays.start(incident=incident, principal=principal(who), at=database_clock.now())
    except Refused as no:
        raise CommandError(no.sentence, returncode=DID_NOT) from no


def waited_for(run: Run, timeout: float) -> Play:
    """What came of the run: when it is over, waits for a person, or the time is up."""
    until = time.monotonic() + timeout
    with Following(run.pk) as news:
        while True:
            play = plays.play_of(Run.objects.select_related("agent").get(pk=run.pk))
            left = until - time.monotonic()
            if play.verdict is not PlayVerdict.GOING or left <= 0:
                return play
            news.wait(min(left, LOOK_AT_LEAST))


def told(play: Play) -> dict[str, Any]:
    run = play.run
    return {
        "incident": play.incident.name,
        "run": str(run.pk),
        "page": page(run.pk),
        "verdict": play.verdict.value,
        "held": int(play.verdict is PlayVerdict.HELD),
        "status": run.status,
        "reason": run.stop_reason,
        "findings": [{"sentence": each.sentence, "wrong": each.wrong} for each in play.findings],
    }


def lines(play: Play) -> list[str]:
    found = [
        f"  {'✗' if each.wrong else '✓'} {each.sentence} {each.wrong}".rstrip()
        for each in play.findings
    ]
    return [f"{play.verdict.value} · {page(play.run.pk)}", *found]
