"""One console per data folder: a lock that the system releases when its holder is gone, however it
went.
"""

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


@dataclass
class AlreadyRunning(Exception):
    """Somebody else holds the data folder."""

    folder: Path
    holder: dict[str, str]

    def __str__(self) -> str:
        who = " ".join(f"{name} {value}" for name, value in self.holder.items())
        return (
            f"already running on {self.folder}"
            + (f" ({who})" if who else "")
            + ": stop it first, or choose another folder with --data"
        )


class DataLock:
    """A lock that is held from `take` to the end of the process, or to `release`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: TextIO | None = None

    def take(self, **facts: object) -> None:
        """Take the lock. Raises AlreadyRunning. `facts` tell the next one who holds it."""
        file = os.open(self.folder / "lock", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        stream = os.fdopen(file, "a+")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with stream:
                stream.seek(0)
                raise AlreadyRunning(self.folder, _read(stream)) from None
        stream.truncate(0)
        stream.write(
            json.dumps(
                {"pid": str(os.getpid()), **{name: str(value) for name, value in facts.items()}}
            )
        )
        stream.flush()
        self._file = stream

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _read(stream: TextIO) -> dict[str, str]:
    try:
        found = json.load(stream)
    except json.JSONDecodeError:
        return {}  # its holder is just writing
    return found if isinstance(found, dict) else {}
