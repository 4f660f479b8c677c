"""What a process says on stdout and stderr: passed on to our own stderr without a secret, and its
last lines kept.
"""

import asyncio
import itertools
import os
import sys
from collections import deque

from console.outside import confidential, visible

KEPT, LAST_LINES, MOST_FRAMES = 1_000, 12, 6
FATAL, CURRENT = "Fatal Python error", "Current thread"
MOST_WORDS = 1_500
LONGEST = 500


class OutputReader:
    """Reads one end of a pipe on the running loop, without ever blocking."""

    def __init__(self, reading: int) -> None:
        self._reading, self._rest, self._open = reading, b"", True
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._loop = asyncio.get_running_loop()
        os.set_blocking(reading, False)
        self._loop.add_reader(reading, self._read)

    def last(self) -> list[str]:
        """The last lines, including what is still on its way."""
        while self._open and self._read():
            continue
        return list(self._lines)

    def close(self) -> None:
        """Stop reading, since the process is gone; whatever else holds the other end open is not
        heard.
        """
        self.last()
        if self._open:
            self._shut()

    def _read(self) -> bool:
        """Whether there was anything to read."""
        try:
            data = os.read(self._reading, 65_536)
        except BlockingIOError:
            return False
        if not data:
            self._shut()
        *whole, self._rest = (self._rest + (data or b"\n" if self._rest else data))[-65_536:].split(
            b"\n"
        )
        for line in whole:
            self._hear(line.decode(errors="replace").rstrip())
        return bool(data)

    def _hear(self, said: str) -> None:
        line = visible.seen(confidential.current().text(said))
        if line:
            self._lines.append(line[:LONGEST])
        if sys.stderr is not None:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    def _shut(self) -> None:
        self._open = False
        self._loop.remove_reader(self._reading)
        os.close(self._reading)


def joined(lines: list[str]) -> str:
    """The last lines; after a crash in C what Python says of it, with the stack that it happened
    on.
    """
    fatal = next((place for place, line in enumerate(lines) if line.startswith(FATAL)), None)
    chosen = lines[-LAST_LINES:] if fatal is None else [lines[fatal], *_stack(lines[fatal:])]
    return "\n".join(chosen)[-MOST_WORDS:]


def _stack(dump: list[str]) -> list[str]:
    """The frames of the current thread, innermost first."""
    begin = next((place for place, line in enumerate(dump) if line.startswith(CURRENT)), len(dump))
    return [
        line.strip()
        for line in itertools.takewhile(lambda line: line.startswith("  "), dump[begin + 1 :])
    ][:MOST_FRAMES]
