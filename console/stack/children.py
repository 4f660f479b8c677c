"""All children of one launcher, in one loop without threads: listens, notices deaths, starts again,
ends them in order.

No threads on purpose: a tied to its parent child ends with the thread that started it.
"""

import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from console.stack import orphans
from console.stack.child import Child, Hear
from console.stack.console_output import ConsoleOutput
from console.stack.service import StackService

GRACE = 2.0  # seconds the workers and the web server get to end in order
SERVERS_GRACE = 1.5  # and the servers beneath them, afterwards
SERVERS = frozenset({"postgres", "valkey"})


@dataclass
class LoopOver(Exception):
    """The loop is over: a signal asked for that, or the launcher's own front is gone
    (abandoned).
    """

    abandoned: bool


class GaveUp(Exception):
    """Something that had to happen did not happen in time."""


class Children:
    """`front` is a pipe that ends when the process in front of us does."""

    def __init__(self, console_output: ConsoleOutput, front: int) -> None:
        self.console_output = console_output
        self.children: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._front = front
        self._selector.register(front, selectors.EVENT_READ)
        self._asked = False
        self._swept = 0.0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def start(
        self,
        name: str,
        make: Callable[[], StackService],
        hear: Hear | None = None,
        *,
        once: bool = False,
    ) -> Child:
        child = Child(
            name,
            make,
            hear or (lambda line: self.console_output.line(name, line)),
            self.console_output.say,
            once=once,
        )
        child.start(time.monotonic())
        self.children[name] = child
        self._selector.register(child.output, selectors.EVENT_READ, child)
        return child

    def until(self, condition: Callable[[], bool], patience: float, what: str) -> None:
        """Look after all children until the condition holds. Raises GaveUp, or Ending when asked to
        stop.
        """
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                raise GaveUp(f"{what} did not come about in {patience:g} s")
            self.tick(0.02)

    def forever(self, changed: Callable[[], str]) -> None:
        """Look after all children until asked to stop. `changed` names a file of code that has
        changed, or nothing; it is asked once a second.
        """
        asked = time.monotonic()
        while True:
            self.tick(0.25)
            if time.monotonic() - asked > 1.0:
                asked = time.monotonic()
                if path := changed():
                    self.renew(path)

    def renew(self, path: str) -> None:
        """Start everything again that runs a team's code; servers and what runs only once stay."""
        renewed = [
            child for name, child in self.children.items() if name not in SERVERS and not child.once
        ]
        for child in renewed:
            child.renew()
        names = ", ".join(child.name for child in renewed)
        self.console_output.say(f"{path} has changed; starting again: {names}")

    def tick(self, pause: float) -> None:
        self._listen(pause)
        if self._asked:
            raise LoopOver(abandoned=False)
        now = time.monotonic()
        for child in self.children.values():
            self._look_after(child, now)
        if now - self._swept > 1.0:
            self._sweep()
            self._swept = now

    def end(self, *, abandoned: bool) -> None:
        """End all children: workers and web first, then the servers that they use, then whatever
        those have left behind.
        """
        above = [child for name, child in self.children.items() if name not in SERVERS]
        beneath = [child for name, child in self.children.items() if name in SERVERS]
        self._end(above, 0.0 if abandoned else GRACE)
        self._end(beneath, SERVERS_GRACE)
        deadline = time.monotonic() + 1.0
        while self._sweep() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _end(self, children: list[Child], grace: float) -> None:
        for child in children:
            child.ask_to_end()
        deadline = time.monotonic() + grace
        while any(child.alive for child in children) and time.monotonic() < deadline:
            self._listen(0.02)
        for child in children:
            child.destroy()
            if child.process is not None:
                child.process.wait()

    def _listen(self, pause: float) -> None:
        for key, _ in self._selector.select(pause):
            if key.fd == self._front:
                self._selector.unregister(self._front)
                raise LoopOver(abandoned=True)
            if not key.data.listen():
                self._selector.unregister(key.fd)

    def _look_after(self, child: Child, now: float) -> None:
        if child.process is not None and child.code is not None and not child.buried:
            self._forget(child.output)
            child.died(now)
        elif child.start_when_due(now):
            self._selector.register(child.output, selectors.EVENT_READ, child)

    def _forget(self, descriptor: int) -> None:
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    def _sweep(self) -> int:
        """End processes that a dead child left to us; returns how many there were."""
        return orphans.end_except(
            {child.process.pid for child in self.children.values() if child.process is not None}
        )

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
