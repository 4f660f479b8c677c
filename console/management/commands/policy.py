"""`manage.py policy test FILE [--policies FILE] [--json]` and `policy list`: what the tool gate
says of calls, against what it should. `policy export`, `policy apply FILE`: its policies as code.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import CommandError

from console import row_files
from console.journal import database_clock
from console.management.commands import agents
from console.outside import terminal
from console.refused import Refused
from policies.gate import cases as gate_cases
from policies.gate import policy_file
from policies.gate import rows as tool_policies
from policies.gate import unknown as gate_unknown
from policies.gate.cases import BadCase, ExpectedCase
from policies.gate.gate_facts import over_of
from policies.gate.models import ToolPolicy
from policies.gate.rules import Compiled, ToolGate, judge
from policies.gate.unknown import Unknown

T = TypeVar("T")


class Command(terminal.TerminalCommand):
    help = (
        "test FILE: judges the calls of a file, exit 1 when one comes out otherwise than the file"
        " expects; list: the policies in force; export [NAME…]: policies as JSON in a fixed order;"
        " apply FILE: make them what the file says, as the admin's form would"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        test = acts.add_parser("test", help="judge the calls of a JSON file")
        test.add_argument(
            "file",
            type=Path,
            help='a list: [{"tool", "effect", "args", "agent", "expect": "deny"}, …]',
        )
        listed = acts.add_parser(
            "list", help="the policies in force, in the order in which they are asked"
        )
        export = acts.add_parser("export", help="policies as JSON")
        export.add_argument("names", nargs="*", help="these only; by default all")
        apply = acts.add_parser("apply", help="make the policies what a file says")
        apply.add_argument("file", type=Path)
        apply.add_argument("--dry-run", action="store_true", help="change nothing")
        for each in (test, listed):
            each.add_argument(
                "--policies",
                type=Path,
                help="policies of a JSON file instead of those in the database",
            )
            each.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            match act:
                case "export":
                    self.stdout.write(exported(options["names"]), ending="")
                case "apply":
                    self.apply(options["file"], keep=not options["dry_run"])
                case _:
                    self.judged(act, options["json"], options["policies"], options.get("file"))
        except Refused as no:
            raise CommandError(no.sentence) from no

    def apply(self, file: Path, *, keep: bool) -> None:
        """Print each policy with what changes of it."""
        entries = row_files.read(agents.content(file), policy_file.WHAT, policy_file.FIELDS)
        made = row_files.apply(entries, policy_file.form_of, at=database_clock.now(), keep=keep)
        for line in row_files.told(made, keep=keep):
            self.stdout.write(line)

    def judged(self, act: str, json: bool, policies: Path | None, file: Path | None) -> None:
        gate = ToolGate(read(policies, gate_cases.policy)) if policies else tool_policies.load()
        if act == "list":
            self.stdout.write(listed_as_json(gate) if json else listed_as_text(gate))
        elif file is not None:
            self.test(gate, read(file, gate_cases.case), json=json)

    def test(self, gate: ToolGate, cases: Sequence[ExpectedCase], *, json: bool) -> None:
        rows = [row(case, gate) for case in cases]
        self.stdout.write(tested_as_json(rows) if json else tested_as_text(rows))
        if any(map(failed, rows)):
            sys.exit(1)


def exported(names: list[str]) -> str:
    found = ToolPolicy.objects.order_by("priority", "name")
    if names:
        found = found.filter(name__in=names)
        if missing := set(names) - {each.name for each in found}:
            raise Refused(f"There is no policy {', '.join(sorted(missing))}.")
    return policy_file.written(list(found))


def read(path: Path, each: Callable[[Any, int], T]) -> list[T]:
    """The entries of a file, each as `each` reads it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(raw, list):
            raise BadCase("the file holds no list.")
        return [each(entry, number) for number, entry in enumerate(raw, 1)]
    except (OSError, ValueError, RecursionError) as wrong:
        raise CommandError(f"{path}: {wrong}") from wrong


def row(case: ExpectedCase, gate: ToolGate) -> dict[str, Any]:
    found = judge(case.facts, gate)
    rests_on = gate_unknown.rests_on(case.facts, gate, found, case.unknown)
    facts = {
        "answer": found.kind.value,
        "rule": found.rule,
        "version": found.version,
        "over": over_of(found).value,
    }
    marks = [
        f"{mark['path']} came out of {mark['tool']} in step {mark['step']}"
        for mark in found.facts.get("tainted", ())
    ]
    return {
        "name": case.name,
        "expected": dict(case.expected),
        **facts,
        "sentence": found.sentence,
        "tainted": marks,
        "not_known": [each.value for each in Unknown if each in case.unknown],
        "rests_on": [each.value for each in rests_on],
        "otherwise": case.differs(found),
    }


def failed(each: dict[str, Any]) -> bool:
    """Whether the result differs, or cannot be known since a policy read what the file does not
    say.
    """
    return bool(each["otherwise"] or each["rests_on"])


def tested_as_json(rows: Sequence[dict[str, Any]]) -> str:
    wrong = sum(map(failed, rows))
    return json.dumps(
        {"cases": len(rows), "passed": len(rows) - wrong, "failed": wrong, "calls": rows}
    )


def tested_as_text(rows: Sequence[dict[str, Any]]) -> str:
    wrong = [
        line
        for each in rows
        for line in (
            otherwise(each) if each["otherwise"] else untold(each) if each["rests_on"] else ()
        )
    ]
    passed = len(rows) - sum(map(failed, rows))
    return "\n".join(
        [*wrong, *lacked(rows), f"{passed} of {len(rows)} calls came out as expected."]
    )


def untold(each: dict[str, Any]) -> list[str]:
    came = f"{each['answer']} by {each['rule']}, if the file's silence means none"
    return [
        f"CANNOT BE TOLD: {each['name']}",
        f"  rests on  {', '.join(each['rests_on'])}, which the file does not say",
        f"  came out  {came}",
    ]


def lacked(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Which facts the calls leave open, each set of them once."""
    sets: dict[str, list[str]] = {}
    for each in rows:
        if each["not_known"]:
            sets.setdefault(", ".join(each["not_known"]), []).append(each["name"])
    return [f"not known here: {unknown} ({'; '.join(names)})" for unknown, names in sets.items()]


def otherwise(each: dict[str, Any]) -> list[str]:
    expected = ", ".join(f"{name} {value}" for name, value in each["expected"].items())
    came = f"{each['answer']} by {each['rule']}" + (
        f" (over its {each['over']})" if each["over"] else ""
    )
    return [
        f"NOT AS EXPECTED: {each['name']}",
        f"  expected  {expected}",
        f"  came out  {came}",
        f"  sentence  {each['sentence']}",
    ]


def listed_as_json(gate: ToolGate) -> str:
    return json.dumps([listed(each) for each in gate.policies])


def listed(each: Compiled) -> dict[str, Any]:
    policy = each.policy
    names = (
        "name",
        "version",
        "priority",
        "agent",
        "tool",
        "effect",
        "group",
        "condition",
        "caps",
        "cap_per_run",
        "cap_per_hour",
    )
    broken = {"broken": each.broken} if each.broken else {}
    return {
        **{name: getattr(policy, name) for name in names},
        "verdict": policy.verdict.value,
        "over_cap": policy.over_cap.value,
        **broken,
    }


def listed_as_text(gate: ToolGate) -> str:
    lines = [line for each in gate.policies for line in told(each)]
    return "\n".join([*lines, "       no-policy            deny, what no policy above fits"])


def told(each: Compiled) -> list[str]:
    policy = each.policy
    whom = " ".join(part for part in (policy.agent, policy.group and f"for {policy.group}") if part)
    lines = [
        (
            f"{policy.priority:>6} {policy.name:<32} {policy.verdict.value}, {policy.effect} tools"
            f" {policy.tool}, agents {whom}"
        )
    ]
    limits = [
        f"{policy.cap_per_run} a run" if policy.cap_per_run else "",
        f"{policy.cap_per_hour} an hour" if policy.cap_per_hour else "",
    ]
    details = [
        f"when {policy.condition}" if policy.condition else "",
        f"caps {policy.caps}" if policy.caps else "",
        ", ".join(filter(None, limits)),
    ]
    broken = f"CANNOT BE READ, denies what it fits: {each.broken}" if each.broken else ""
    return lines + [f"{'':>7}{' '.join(detail.split())}" for detail in (*details, broken) if detail]
