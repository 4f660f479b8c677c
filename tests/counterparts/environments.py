"""Environments for other people's programs, made once in a cache outside of the project and kept
for the next time: what a test pins is what it gets.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 900.0
VARIABLE = "SIGNALBOX_COUNTERPARTS"


def cache() -> Path:
    """The folder that holds them all; the variable names another one."""
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get(VARIABLE) or usual / "signalbox-counterparts")


def python(*pins: str) -> Path:
    """The interpreter of a virtual environment with these packages."""

    def make(folder: Path) -> None:
        run(sys.executable, "-m", "venv", str(folder))
        run(str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *pins)

    return made("python", pins, make) / "bin" / "python"


def node(*pins: str) -> Path:
    """The `node_modules` folder with these packages."""

    def make(folder: Path) -> None:
        run("npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), *pins)

    return made("node", pins, make) / "node_modules"


def wheel(pin: str) -> Path:
    """The contents of a wheel that is wanted for its files, without what it depends on."""

    def make(folder: Path) -> None:
        run(
            *(sys.executable, "-m", "pip", "install", "-q", "--no-deps"),
            *("--target", str(folder), pin),
        )

    return made("wheel", (pin,), make)


def made(kind: str, pins: tuple[str, ...], make: Callable[[Path], None]) -> Path:
    """The folder that `make` filled, this time or an earlier one."""
    digest = hashlib.sha256(" ".join((sys.version, *pins)).encode()).hexdigest()[:16]
    folder = cache() / f"{kind}-{digest}"
    done = folder / ".complete"
    with one_at_a_time(cache() / f"{kind}-{digest}.lock"):
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.write_text("\n".join(pins), encoding="utf-8")
    return folder


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Tests that run side by side make each environment once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def run(*command: str) -> None:
    """Fails with what the program said: a counterpart that is missing is no reason to pass."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"
