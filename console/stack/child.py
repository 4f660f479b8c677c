"""One process under the launcher's care: started, listened to, started again with growing pauses
when it dies.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable

from console.stack.service import StackService

Hear = Callable[[str], None]
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
STEADY = 60.0  # seconds of life after which earlier deaths are forgotten


class Child:
    """`make` says what to run, anew for each start.

    `hear` gets its lines, `say` what a person should know.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], StackService],
        hear: Hear,
        say: Hear,
        *,
        once: bool = False,
    ) -> None:
        self.name = name
        self.once = once
        self.buried = False
        self.service: StackService | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._make = make
        self._hear = hear
        self._say = say
        self._rest = b""
        self._born = 0.0
        self._deaths = 0
        self._due: float | None = None
        self._renewed = False

    def start(self, now: float) -> None:
        self.service = self._make()
        how = self.service.popen_arguments()
        self.process = subprocess.Popen(
            self.service.argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how
        )
        os.set_blocking(self.output, False)
        self._born, self._due, self.buried = now, None, False

    @property
    def output(self) -> int:
        """The descriptor from which its lines are read."""
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def ready(self) -> bool:
        return self.service is not None and self.alive and self.service.ready()

    def listen(self) -> bool:
        """Pass on the lines it has printed. False when there will be no more."""
        try:
            heard = os.read(self.output, 65_536)
        except BlockingIOError:
            return True
        self._pass_on(heard)
        return bool(heard)

    def _pass_on(self, heard: bytes) -> None:
        *lines, self._rest = (self._rest + heard).split(b"\n")
        for line in lines:
            self._hear(line.decode(errors="replace"))

    def _drain(self) -> None:
        """Read the last lines, which may still be in the pipe."""
        with contextlib.suppress(BlockingIOError):
            while heard := os.read(self.output, 65_536):
                self._pass_on(heard)
        self._pass_on(b"\n" if self._rest else b"")

    def died(self, now: float) -> None:
        """Bury the process, and plan the next start unless it was meant to end. Called once for
        each death.
        """
        assert self.process is not None
        self._drain()
        self._bury()
        if self.once:
            return
        if self._renewed:
            self._renewed, self._due = False, now
            return
        self._deaths = 1 if now - self._born > STEADY else self._deaths + 1
        pause = PAUSES[min(self._deaths, len(PAUSES)) - 1]
        self._due = now + pause
        self._say(
            f"{self.name} ended ({_how(self.process.returncode)}); starting it again in {pause:g} s"
        )

    def start_when_due(self, now: float) -> bool:
        """Start it again if it is time to; True when that was done just now."""
        if self._due is None or now < self._due:
            return False
        try:
            self.start(now)
        except Exception as error:  # noqa: BLE001
            # whatever hinders a start now may be gone at the next
            self._deaths += 1
            self._due = now + PAUSES[min(self._deaths, len(PAUSES)) - 1]
            self._say(f"{self.name} cannot be started: {error}")
            return False
        return True

    def ask_to_end(self) -> None:
        if self.service is not None:
            self._signal(self.service.stop)

    def renew(self) -> None:
        """Ask it to end in order and to be started again without a pause, since its code has
        changed. One that is not alive is started again anyway.
        """
        self._renewed = self.alive
        self.ask_to_end()

    def kill(self) -> None:
        if self.service is not None:
            self._signal(self.service.death)

    def destroy(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.alive:
            self.process.send_signal(number)

    def _bury(self) -> None:
        """End what is left in its process group: a new PostgreSQL cannot start beside old
        backends.
        """
        assert self.process is not None
        self.buried = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.stdout is not None:
            self.process.stdout.close()


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
