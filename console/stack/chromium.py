"""Finds a Chromium for browser tests; as root on a Debian, fetches the distribution's when there is
none.
"""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
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


def install() -> str | None:
    """Install Debian's package when that is allowed; returns the browser's path, or None."""
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        return None
    print("installing chromium for the browser tests (apt-get)", flush=True)
    for words in (
        ["update", "-qq"],
        ["install", "-qq", "-y", "--no-install-recommends", "chromium"],
    ):
        if not _quietly([apt, *words]):
            return None
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
