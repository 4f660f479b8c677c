"""How often a call's progress is passed on: at once when it was quiet, then the newest words after
a pause, however often the tool speaks.
"""

from collections.abc import Callable

PAUSE = 0.5
"""Seconds between two tellings of one call."""


class ProgressPace:
    """The pace at which one call's progress is told. `later` has a function called on the event
    loop after so many seconds, from whatever thread; `clock` gives seconds. Between two tellings a
    tool's words cost one assignment.
    """

    def __init__(
        self,
        send: Callable[[str], None],
        later: Callable[[float, Callable[[], None]], object],
        clock: Callable[[], float],
    ) -> None:
        self._send, self._later, self._clock = send, later, clock
        self._words = self._told = ""
        self._free_at = 0.0
        self._waiting = self._over = False

    def tell(self, words: str) -> None:
        """The newest words; from any thread."""
        if self._over:
            return
        self._words = words
        if not self._waiting:
            self._waiting = True
            self._later(max(0.0, self._free_at - self._clock()), self._pass_on)

    @property
    def newest(self) -> str:
        """The last words of the call, whether they were passed on or not."""
        return self._words

    def end(self) -> None:
        """The call is over: what was not passed on yet says nothing any more."""
        self._over = True

    def _pass_on(self) -> None:
        self._waiting = False  # first: words that come from here on ask for another telling
        self._free_at = self._clock() + PAUSE
        words = self._words
        if not self._over and words != self._told:
            self._told = words
            self._send(words)
