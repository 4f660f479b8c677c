"""`manage.py run AGENT "goal"`: starts a run as the console's form does, and with `--wait` follows
it to its end.
"""

import getpass
import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.urls import reverse

from console.doors.storable_text import illegible
from console.journal import acting, database_clock
from console.journal.visibility import Clearance, clearance_of
from console.live.following import Following
from console.outside import terminal
from console.refused import Refused
from runs import forms, run_authority, starting
from runs.engine.vocabulary import FINAL, Priority, RunStatus
from runs.models import Run
from runs.reading import run_facts

COMPLETED, FAILED, USAGE, WAITS, LATE = 0, 1, 2, 3, 4
EXITS = (
    f"Exit codes: {COMPLETED} completed (without --wait: started), {FAILED} stopped or refused,"
    f" {USAGE} wrong usage, {WAITS} waits for a person at --timeout, {LATE} still at work at"
    " --timeout."
)
OWN_ACCOUNT = "command"
A_YEAR = 366 * 86_400.0
LOOK_AT_LEAST = 5.0
"""Seconds after which the row is read again though nobody told of a change."""
EVERYTHING: Clearance = frozenset({"visible", "user_hidden"})


class Command(terminal.TerminalCommand):
    help = f"Starts a run of an agent, and with --wait follows it. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("agent", help="the agent's name, as in its address: refund-desk")
        parser.add_argument("goal")
        parser.add_argument(
            "--input",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a value that stands below the goal by its name; may be given several times",
        )
        for name, what in (
            ("steps", "steps"),
            ("tokens", "tokens"),
            ("usd", "USD"),
            ("seconds", "seconds of running time"),
        ):
            parser.add_argument(f"--max-{name}", default="", help=f"at most so many {what}")
        parser.add_argument(
            "--as",
            dest="who",
            default="",
            metavar="USER",
            help=f"for whom it works; by default an account of its own, “{OWN_ACCOUNT}”",
        )
        parser.add_argument(
            "--priority",
            default="",
            choices=[*Priority],
            help="batch comes after runs that people wait for; by default the agent's own",
        )
        parser.add_argument("--wait", action="store_true", help="follow it until it has ended")
        parser.add_argument("--json", action="store_true", help="one object at the end")
        parser.add_argument(
            "--timeout", type=seconds, default=None, metavar="SECONDS", help="wait no longer"
        )

    def handle(self, **options: Any) -> None:
        who = principal(options["who"])
        run = started(who, options)
        seen = clearance_of(who) if options["who"] else EVERYTHING
        quiet = options["json"]
        if not quiet:
            self.stdout.write(f"Started {run.pk} · {page(run.pk)}")
        if not options["wait"]:
            if quiet:
                self.stdout.write(json.dumps(told(run, seen)))
            return
        try:
            for line in followed(run, options["timeout"], seen):
                if not quiet:
                    self.stdout.write(line)
        except KeyboardInterrupt:
            self.stderr.write(f"\nIt goes on: {page(run.pk)}\nTo stop it: manage.py kill {run.pk}")
            sys.exit(LATE)
        self.finish(Run.objects.select_related("principal").get(pk=run.pk), seen, quiet=quiet)

    def finish(self, run: Run, seen: Clearance, *, quiet: bool) -> None:
        """Print what came of it, and leave by the exit code that says so."""
        found = told(run, seen)
        if quiet:
            self.stdout.write(json.dumps(found))
        elif found["result"] is not None:
            self.stdout.write(str(found["result"]))
        code = exit_code(run)
        if code != COMPLETED:
            self.stderr.write(" ".join(filter(None, (found["sentence"], found["detail"]))))
            sys.exit(code)


def seconds(text: str) -> float:
    """A time to wait. Raises ArgumentTypeError for one that never ends, or is over already."""
    found = float(text)
    if not 0 <= found < A_YEAR:
        raise ArgumentTypeError("seconds are wanted, from 0 on")
    return found


def principal(name: str) -> User:
    """The person whom the run works for, with what is typed at this machine named as the means.
    Raises CommandError.
    """
    if not name:
        own, _ = acting.house_account(OWN_ACCOUNT)
        return acting.by(own, f"by {getpass.getuser()}")
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name!r}.", returncode=USAGE)
    if not user.has_perms(("runs.view_run", run_authority.OPERATES)):
        raise CommandError(f"{name} may not start runs.", returncode=FAILED)
    return acting.by(user, f"command by {getpass.getuser()}")


def started(who: User, options: dict[str, Any]) -> Run:
    """The new run. Raises CommandError."""
    limits = {name: options[f"max_{name}"] for name in forms.LIMITS}
    goal = starting.with_inputs(options["goal"], inputs(options["input"]))
    if illegible(goal):
        raise CommandError("The goal holds bytes that are no text.", returncode=USAGE)
    form = forms.StartForm(
        {"agent": options["agent"], "goal": goal, "priority": options["priority"], **limits}
    )
    if not form.is_valid():
        wrong = [f"{name}: {each}" for name, said in form.errors.items() for each in said]
        raise CommandError("\n".join(wrong), returncode=USAGE)
    try:
        return starting.started(form, who, None)[0]
    except Refused as no:
        raise CommandError(no.sentence, returncode=FAILED) from no


def inputs(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.isidentifier() or name in found:
            raise CommandError(
                f"--input {each!r}: a name, “=” and a value are wanted, each name once.",
                returncode=USAGE,
            )
        found[name] = value
    return found


def followed(run: Run, timeout: float | None, seen: Clearance) -> Iterator[str]:
    """A line for each change of its status, until it has ended or the time is up."""
    until = None if timeout is None else time.monotonic() + timeout
    last = ""
    with Following(run.pk) as news:
        while True:
            now = Run.objects.select_related("principal").get(pk=run.pk)
            if (status := line(now, seen)) != last:
                last = status
                yield f"{database_clock.now():%H:%M:%S} {status}"
            left = LOOK_AT_LEAST if until is None else until - time.monotonic()
            if now.status in FINAL or left <= 0:
                return
            news.wait(min(left, LOOK_AT_LEAST))


def line(run: Run, seen: Clearance) -> str:
    """`waiting · Needs a person · A call needs somebody's approval; nothing runs before.`"""
    facts = run_facts.facts(run, sees_tools="user_hidden" in seen)
    going = run.status in (RunStatus.RUNNING, RunStatus.QUEUED) and not run.control
    words = () if going else (facts["title"], facts["detail"] or facts["sentence"])
    return " · ".join((run.status, *words))


def exit_code(run: Run) -> int:
    if run.status == RunStatus.COMPLETED:
        return COMPLETED
    if run.status in FINAL:
        return FAILED
    return WAITS if run_facts.needs_person(run) else LATE


def told(run: Run, seen: Clearance) -> dict[str, Any]:
    facts = run_facts.facts(run, sees_tools="user_hidden" in seen)
    return {**facts, "page": page(run.pk), "result": run_facts.result(run, seen)}


def page(run: UUID) -> str:
    return str(settings.SITE_URL) + reverse("runs:run", args=[run])
