"""A thread that does one thing again and again, for as long as the process lives, whatever a single
round of it comes to.

Pollers look after each other: whoever ends a round begins those anew whose threads have died, and
breaks off rounds that last too long because a database neither answers nor goes away. Each
round is noted in `rounds`.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence

from console.journal import outage
from console.live import rounds

log = logging.getLogger(__name__)
LONGEST = 30.0
"""Most seconds of one round; work that lasts longer calls `worked` to say that it goes well."""
PollWork = Callable[[], object]
OutageErrors = tuple[type[BaseException], ...]


class Poller:
    """Calls `work` at once, then each time a pause is over or `wake` is called, until `stop`.

    `pauses` are seconds: the first after a round that went well, the next ones after one, two, …
    failures in a row. `trouble` is what is logged when a round fails. Errors in `away` (a server
    that cannot be reached) are a line; any other is a bug, logged with its stack.
    """

    def __init__(
        self,
        name: str,
        work: PollWork,
        *,
        pauses: Sequence[float],
        trouble: str,
        away: OutageErrors = (),
    ) -> None:
        self.name = name
        self._work = work
        self._pauses = pauses
        self._trouble = trouble
        self._away = away
        self._lock = threading.Lock()
        self._look = threading.Event()
        self._stopped = False
        self._said = ""
        self._failures = 0
        self._begun: float | None = None
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def start(self) -> None:
        """Start the thread, or start it again when it has died; a poller that was stopped stays
        stopped.
        """
        if self.alive or self._stopped:
            return
        with self._lock:
            self._begin()

    def _begin(self) -> None:
        """Start the thread, with the lock held: of several callers that noticed, one starts it."""
        if self.alive:
            return
        if self._thread is not None:
            log.error("%s: its thread had died; it is begun anew", self.name)
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()
        with _lists:
            _at_work.add(self)

    def wake(self) -> None:
        """Begin a round now."""
        if not self._look.is_set():
            self._look.set()

    def worked(self) -> None:
        """Take in that a long round goes well so far: what fails later is the first failure in a
        row.
        """
        self._begun = time.monotonic()
        self._well()
        look_after()

    def stop(self, timeout: float) -> None:
        """Begin no further round, and wait for the one under way."""
        self._stopped = True
        self._look.set()
        with _lists:
            _at_work.discard(self)
        rounds.forget(self.name)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            self._look.clear()
            if self._stopped:  # looked at after the clearing, which may have hidden its signal
                return
            self._round()
            look_after()
            self._look.wait(self._pauses[min(self._failures, len(self._pauses) - 1)])

    def _round(self) -> None:
        self._begun = time.monotonic()
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001
            # a tool's SystemExit would end this thread without a word
            self._failed(error)
        else:
            self._well()
        finally:
            self._begun = None

    def break_off_if_stuck(self, now: float) -> None:
        """Break off a round that has waited for a database for too long; other waits have their own
        bounds.
        """
        begun, thread = self._begun, self._thread
        if begun is None or thread is None or now - begun < LONGEST:
            return
        self._begun = now
        if thread.ident is not None and outage.break_off(thread.ident):
            log.warning("%s: its round took longer than %g s and is broken off", self.name, LONGEST)

    def _well(self) -> None:
        if self._said and not self._stopped:
            log.warning("%s: well again", self.name)
        self._said, self._failures = "", 0
        self._note("")

    def _failed(self, error: BaseException) -> None:
        """Log a failure, once for each kind of trouble in a row: some rounds come twice a
        second.
        """
        self._failures += 1
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        kind = type(error).__name__
        if kind != self._said and isinstance(error, self._away):
            log.warning("%s: %s", self._trouble, said)
        elif kind != self._said:
            log.error("%s: %s", self._trouble, said, exc_info=error)
        self._said = kind
        self._note(f"{self._trouble}: {said}")

    def _note(self, trouble: str) -> None:
        if not self._stopped:
            rounds.note(self.name, trouble)


_at_work: set[Poller] = set()
_lists = threading.Lock()


def _everybody() -> tuple[Poller, ...]:
    """Pollers begin and end on other threads meanwhile."""
    with _lists:
        return tuple(_at_work)


def look_after() -> None:
    """Start pollers again whose threads have died, and break off stuck rounds, as every poller does
    for the others. What fails for one does not end this one.
    """
    now = time.monotonic()
    try:
        revive()
        for poller in _everybody():
            poller.break_off_if_stuck(now)
    except Exception:
        log.exception("the other rounds were not looked after")


def revive() -> None:
    """Start every poller of this process again whose thread has died."""
    for poller in _everybody():
        poller.start()


def _forget() -> None:
    """A fork has none of its parent's threads: what it needs, it starts."""
    global _lists
    _lists = threading.Lock()
    _at_work.clear()


os.register_at_fork(after_in_child=_forget)
