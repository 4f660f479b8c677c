"""What the launcher prints: its own sentences, and the lines of its children, each with its name in
front.
"""

import os
import time
from typing import TextIO

COLOURS = {
    "signalbox": "1",
    "web": "36",
    "clock": "35",
    "postgres": "34",
    "valkey": "33",
    "prepare": "90",
}
WORKER = "32"
LONGEST = 2_000
WIDTH = 9


class ConsoleOutput:
    """Coloured only on a terminal that wants it (NO_COLOR is honoured)."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._coloured = out.isatty() and "NO_COLOR" not in os.environ

    def say(self, sentence: str) -> None:
        self.line("signalbox", sentence)

    def line(self, name: str, text: str) -> None:
        clean = "".join(
            letter for letter in text.rstrip() if letter.isprintable() or letter == "\t"
        )
        if clean:
            self._print(f"{time.strftime('%H:%M:%S')} {self._tinted(name)} {clean[:LONGEST]}")

    def block(self, text: str) -> None:
        """Print something that must be seen among the logs, such as the address to open."""
        self._print(f"\n{text}\n")

    def _tinted(self, name: str) -> str:
        padded = name.ljust(WIDTH)
        return f"\x1b[{COLOURS.get(name, WORKER)}m{padded}\x1b[0m" if self._coloured else padded

    def _print(self, text: str) -> None:
        print(text, file=self._out, flush=True)
