"""Finds a Chromium for browser tests; as root on a Debian, fetches the distribution's when there is
none.
"""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
BARE = "chromium-headless-shell"
"""The same Chromium without a window of its own to draw: it opens a page in a quarter of the time,
and is told no messages.
"""
# a quiet browser: no first-run pages, no services of its own calling home
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The path of an installed browser; CHROMIUM names one outright."""
    return os.environ.get("CHROMIUM") or next(
        (path for name in NAMES if (path := shutil.which(name))), None
    )


def bare() -> str | None:
    """The path of the one without a window, where it is installed, else of any; CHROMIUM names one
    outright.
    """
    return os.environ.get("CHROMIUM") or shutil.which(BARE) or find()


def install() -> str | None:
    """Install Debian's packages when that is allowed; returns the browser's path, or None."""
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        return None
    print("installing chromium for the browser tests (apt-get)", flush=True)
    wanted = ["install", "-qq", "-y", "--no-install-recommends"]
    for words in (["update", "-qq"], [*wanted, "chromium"]):
        if not _quietly([apt, *words]):
            return None
    _quietly([apt, *wanted, BARE])  # not every distribution has it
    return find()


def _quietly(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return (
        subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        ).returncode
        == 0
    )


def arguments() -> list[str]:
    """The options that Chromium needs here: its own sandbox refuses to start as root."""
    return [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
