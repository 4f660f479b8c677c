"""`manage.py verify`: the one gate.

Every check runs even when an earlier one failed; at the end it says which did.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from console.stack import places, session

TOOLS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class VerifyStep:
    """One check: green when its command ends with 0."""

    name: str
    command: tuple[str, ...]

    def passes(self) -> bool:
        began = time.monotonic()
        print(f"── {self.name}", flush=True)
        green = (
            subprocess.run(
                self.command, cwd=places.ROOT, stdin=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )
        print(f"   {'ok' if green else 'FAILED'}, {time.monotonic() - began:.1f} s", flush=True)
        return green


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(TOOLS / name), *arguments)


def _manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "manage.py", *arguments)


# Tests that read the tree and run none of it: what they refuse is refused within seconds.
HOUSE_RULES = (
    "tests/core/test_prose.py",
    "tests/core/test_one_name.py",
    "tests/core/test_docs_traced.py",
    "tests/core/test_scripts.py",
    "tests/core/test_screen_words.py",
    "tests/pages/test_style_sheets.py",
)

STATIC = (
    VerifyStep("format", _tool("ruff", "format", "--check", "--quiet", ".")),
    VerifyStep("lint", _tool("ruff", "check", "--quiet", ".")),
    VerifyStep("import contracts", _tool("lint-imports", "--config", ".importlinter")),
    VerifyStep("types", _tool("mypy", "--config-file", ".mypy.ini")),
    VerifyStep("supply", (sys.executable, "-m", "console.stack.supply")),
    VerifyStep("system checks", _manage("check", "--fail-level", "WARNING")),
    VerifyStep("missing migrations", _manage("makemigrations", "--check", "--dry-run")),
    VerifyStep("house rules", (sys.executable, "-m", "pytest", "-q", *HOUSE_RULES)),
)
TESTS = VerifyStep("tests", _manage("test", "-q"))


def main(arguments: Sequence[str]) -> int:
    """`--static` leaves out the tests, for those who run them apart. The exit code."""
    with session.private(durable=False):
        failed = [gate.name for gate in STATIC if not gate.passes()]
    if "--static" not in arguments and not TESTS.passes():
        failed.append(TESTS.name)
    print(f"failed: {', '.join(failed)}" if failed else "all green", flush=True)
    return 1 if failed else 0
