"""A team's own apps, as SIGNALBOX_APPS names them: where they are imported from, what they need
installed, which files they are written in.

Standard library only: it stands before the packages are installed.
"""

import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path

APPS = "SIGNALBOX_APPS"
FOLDER = "SIGNALBOX_APPS_FOLDER"
"""The folder that the first command was given in: its children run in the checkout."""
NEEDS = "requirements.txt"
ROOT = Path(__file__).resolve().parents[2]
MOST_FILES = 2_000


def named(environment: MutableMapping[str, str]) -> list[str]:
    return [name.strip() for name in environment.get(APPS, "").split(",") if name.strip()]


def remember(environment: MutableMapping[str, str], folder: Path) -> None:
    """Note the working folder for all processes that this one starts."""
    if named(environment):
        environment.setdefault(FOLDER, str(folder.absolute()))


def make_importable(environment: MutableMapping[str, str]) -> None:
    """Put the noted folder last on Python's path, so that nothing in it can take the place of a
    module of the console or of Python.
    """
    folder = environment.get(FOLDER, "")
    if folder and folder not in sys.path:
        sys.path.append(folder)


def folders(environment: MutableMapping[str, str]) -> list[Path]:
    """The folders of the apps that lie in the noted folder. Installed apps are not looked for."""
    home = environment.get(FOLDER, "")
    found = [Path(home, *name.split(".")) for name in named(environment)] if home else []
    return [folder for folder in dict.fromkeys(found) if folder.is_dir()]


def needs(environment: MutableMapping[str, str]) -> list[Path]:
    """The apps' files of requirements: those of each app, and those of the folders above it up to
    the noted one, but never the console's.
    """
    home = Path(environment.get(FOLDER, ""))
    above = [
        place
        for folder in folders(environment)
        for place in (folder, *folder.parents)
        if place.is_relative_to(home) and place not in (ROOT, ROOT / "tests")
    ]
    files = [place / NEEDS for place in dict.fromkeys(above)]
    return [file for file in files if file.is_file()]


class SourceWatch:
    """Sees when a Python file of the apps was written, added or removed since it last looked."""

    def __init__(self, places: list[Path]) -> None:
        self._places = places
        self._seen = self._now()

    def changed(self) -> str:
        """The path of one file that has changed; empty when none has."""
        before, self._seen = self._seen, self._now()
        return next((path for path, _ in sorted(before.items() ^ self._seen.items())), "")

    def _now(self) -> dict[str, int]:
        found = {}
        for path in sources(self._places):
            try:
                found[path] = Path(path).stat().st_mtime_ns
            except FileNotFoundError:  # an editor puts a new file in its place this moment
                found[path] = 0
        return found


def sources(places: list[Path]) -> Iterator[str]:
    """The Python files below a folder, without hidden folders and environments; no more than a
    person writes.
    """
    left = MOST_FILES
    for place in places:
        for folder, inner, files in os.walk(place):
            inner[:] = [name for name in inner if name[0] not in "._" and name != "node_modules"]
            for name in files:
                if name.endswith(".py") and left:
                    left -= 1
                    yield f"{folder}/{name}"
