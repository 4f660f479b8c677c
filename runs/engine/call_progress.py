"""What a tool says of its own progress while it is at work: shown live, and its last words kept
with the call's end.

Whoever makes a call says who listens to it; elsewhere nobody does, and the words are lost.
"""

import unicodedata
from collections.abc import Callable
from contextvars import ContextVar

ProgressListener = Callable[[str], None]
LONGEST = 80
READ = 1_000
"""Characters that are looked at: the rest of a long text would not be shown."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
listener: ContextVar[ProgressListener | None] = ContextVar("progress", default=None)


def tell(words: object) -> None:
    """Tell whoever listens to this call, if anybody does. It is they who cut the words, once these
    hold no secret any more.
    """
    if (hear := listener.get()) is not None:
        hear(one_line(str(words)))


def counted(done: float, total: float | None = None, message: str | None = None) -> str:
    """Figures as a line, "40 of 65", with the words that came beside them."""
    figures = f"{done:,.12g}" if total is None else f"{done:,.12g} of {total:,.12g}"
    return f"{figures} · {message}" if message else figures


def one_line(text: str) -> str:
    """Words on one line: nothing that cannot be seen or turns the line around."""
    seen = "".join(" " if unicodedata.category(each) in UNSEEN else each for each in text[:READ])
    return " ".join(seen.split())


def one_short_line(text: str) -> str:
    """Words as a page shows them beside other things."""
    line = one_line(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
