"""How many live sockets one session may hold, and how many it may open in a while. Pure.

A page has one, and opens it anew when it was lost: all pages of a person, at once, are within this.
What is over it is refused before anything is looked up.
"""

from collections import Counter, deque

MOST_HELD = 64
MOST_OPENED = 64
PER = 10.0
"""Seconds within which so many may be opened."""
MOST_KNOWN = 4_000
"""Sessions without a socket that are remembered; whoever makes sessions up is not for long."""


class SocketBudget:
    """The sockets of all sessions of one event loop. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._opened: dict[str, deque[float]] = {}

    def open(self, session: str, now: float) -> bool:
        """Whether it may open one more; if so, it is held until `close` is called. Who has no
        session is turned away without a look anyway.
        """
        if not session:
            return True
        opened = self._opened.setdefault(session, deque(maxlen=MOST_OPENED))
        full = len(opened) == MOST_OPENED and now - opened[0] < PER
        if full or self._held[session] >= MOST_HELD:
            return False
        opened.append(now)
        self._held[session] += 1
        return True

    def close(self, session: str) -> None:
        if not session:
            return
        self._held[session] -= 1
        if not self._held[session]:
            del self._held[session]
        if len(self._opened) > MOST_KNOWN:
            self._opened = {each: self._opened[each] for each in self._held}
