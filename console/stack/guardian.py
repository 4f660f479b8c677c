"""The parent of a worker: gives its leases up when it has died, and ends it with all it started
when its loop stands still.

So on a living host nobody who lost a lease still acts: whoever is gone is really gone before
another may have its runs. It is the parent, since only a parent learns at once that a child has
died, and is small, since what loads little is not what dies. It ends a worker that stands still
*before* its leases are over: ended after, the worker could wake in between and act beside its
successor. Leases are given up only when all that the worker started has ended as well, since a
tool's process may be acting for it yet. Standard library only until the worker works; then what it
takes to reach the database is loaded. One thread, since the worker ends with it.
"""

import contextlib
import importlib
import os
import resource
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from console.stack import orphans
from console.stack.parent_death import adopt_orphans, close_to_others, tied_to_parent
from runs.runtime import life
from runs.runtime.life import TICK, Silence
from runs.toolprocess import recorder
from runs.toolprocess.recorder import Recorder

SWEEP = 1.0
DUMP = signal.SIGUSR2
"""Has a worker write the stacks of its threads, see `runs.runtime.pulse`."""
DUMPING = 0.3
PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1)
ENDINGS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP})
LINES = 20
LAST = 3
HEIR = "console.stack.inheritance"


class Guardian:
    """The guardian of one worker, which `command` starts. Signals and exit codes pass through."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = command
        self.asked = False
        self.frozen = 0.0
        self.ready = False
        self.held_up: tuple[str, ...] = ()
        self.lines: deque[bytes] = deque(maxlen=LINES)
        self.silence = Silence(time.monotonic())
        self._selector = selectors.DefaultSelector()
        self._swept = 0.0

    def guard(self) -> NoReturn:
        """Watch the worker until it is gone and its leases are given up; then end as it did."""
        close_to_others()
        adopt_orphans()
        self.start()
        while self.worker.poll() is None:
            self.listen(TICK)
            self.sweep_now_and_then()
            self.get_ready()
            if self.silence.too_long:
                self.end_frozen()
        self.end_descendants()
        self.listen(0)
        self.give_up()
        self.end_alike(self.worker.returncode)

    def start(self) -> None:
        os.environ[life.VARIABLE] = secrets.token_hex(4)
        pulse, beat = os.pipe()
        waking, wake = os.pipe()
        recording = recorder.memory()
        self.recorder = Recorder(recording)
        for end in (pulse, waking, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _noted)
        self.worker = subprocess.Popen(
            self.command,
            env={**os.environ, life.PULSE: str(beat), recorder.DESCRIPTOR: str(recording)},
            stderr=subprocess.PIPE,
            pass_fds=(beat, recording),
            start_new_session=True,
            # there is one thread
            preexec_fn=tied_to_parent(signal.SIGKILL, os.getpid()),  # noqa: PLW1509
        )
        os.close(beat)
        os.close(recording)
        for number in PASSED_ON:
            signal.signal(number, self._pass_on)
        assert self.worker.stderr is not None
        os.set_blocking(self.worker.stderr.fileno(), False)
        for source, hear in (
            (pulse, self._felt),
            (waking, _nothing),
            (self.worker.stderr.fileno(), self._heard),
        ):
            self._selector.register(source, selectors.EVENT_READ, hear)

    def listen(self, pause: float) -> None:
        """Read the pulse, and what the worker says."""
        for key, _ in self._selector.select(pause):
            with contextlib.suppress(BlockingIOError):
                said = os.read(key.fd, 65_536)
                if not said:
                    self._selector.unregister(key.fd)
                key.data(said)
        self.silence.passed(time.monotonic())

    def _felt(self, beats: bytes) -> None:
        """Take in the pulse. A pipe that has ended before the worker has means that it is on its
        way out.
        """
        self.silence.beat()
        self.silence.begun = bool(beats)

    def _heard(self, said: bytes) -> None:
        """Pass the worker's output on as it is, and keep the end of it."""
        if said:
            self.lines.extend(line for line in said.splitlines() if line.strip())
            sys.stderr.buffer.write(said)
            sys.stderr.buffer.flush()

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        self.asked = self.asked or number in ENDINGS
        if self.worker.returncode is None:
            self.worker.send_signal(number)

    def sweep_now_and_then(self) -> None:
        """Reap orphans of the living worker. They come to this process, which stands between the
        worker and whoever would reap them otherwise.
        """
        if time.monotonic() - self._swept > SWEEP:
            self._swept = time.monotonic()
            orphans.end_except({self.worker.pid})

    def end_frozen(self) -> None:
        """End a worker that stands still, after its stacks are written for whoever asks why. A
        stopped process cannot write them and is not woken for it.
        """
        self.frozen = self.silence.seconds
        if not stopped(self.worker.pid):
            self.held_up = recorder.of_silence(self.recorder, self.worker.pid)
            self.worker.send_signal(DUMP)
            until = time.monotonic() + DUMPING
            while time.monotonic() < until:
                self.listen(DUMPING / 3)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()

    def end_descendants(self) -> None:
        """End what the worker started. It has come to this process by now, and what that started
        comes as it ends.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.worker.pid, signal.SIGKILL)
        while orphans.end_except({self.worker.pid}):
            time.sleep(0.005)

    def get_ready(self) -> None:
        """Load what giving up leases needs, once the worker works: some megabytes, which spares its
        runs a second of waiting later.
        """
        if self.silence.begun and not self.ready:
            self.ready = True
            importlib.import_module(HEIR)

    def give_up(self) -> None:
        """Give up the leases, and tell the processes that can take the runs."""
        heir = importlib.import_module(HEIR)
        loss = heir.Loss(
            self.what_happened(), self.last_words(), blame=not self.asked, tools=self.culprits()
        )
        heir.take(life.owner(self.worker.pid), loss)

    def culprits(self) -> tuple[str, ...]:
        """The tools that were at work in the worker itself and may have caused its end; none when
        it was stopped from outside.
        """
        if self.frozen:
            return self.held_up
        return recorder.of_end(
            self.recorder, [line.decode(errors="replace") for line in self.lines]
        )

    def what_happened(self) -> str:
        if self.frozen:
            return f"stood still for {self.frozen:.0f} s and was ended"
        code = self.worker.returncode
        return f"ended: exit code {code}" if code >= 0 else f"ended: {name(-code)}"

    def last_words(self) -> str:
        """Why the interpreter died, when it said so; else the last lines, whole, since they are cut
        after they are masked. Those of a frozen worker are its stacks, which are in the log.
        """
        if self.frozen:
            return ""
        lines = [line.decode(errors="replace").strip() for line in self.lines]
        fatal = [line for line in lines if line.startswith("Fatal Python error")]
        return fatal[-1] if fatal else " / ".join(lines[-LAST:])

    def end_alike(self, code: int) -> NoReturn:
        """End with the worker's exit code, or by the signal that ended it."""
        if code < 0:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            # SIGKILL cannot be caught and needs no handler taken away
            with contextlib.suppress(OSError, ValueError):
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        sys.exit(abs(code))


def stopped(pid: int) -> bool:
    return recorder.state(Path(f"/proc/{pid}/stat")) in ("T", "t")


def name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Wake the loop."""


def _nothing(_read: bytes) -> None:
    """Do nothing: being woken is enough. A child has ended, or a signal was passed on."""
