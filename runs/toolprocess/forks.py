"""The worker's server that forks its tool processes: started when first needed, and again when it
has ended.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from runs.engine.engine_errors import ToolError
from runs.toolprocess import board
from runs.toolprocess.captured_output import OutputReader, joined
from runs.toolprocess.process import ToolProcess, pair

PATIENCE = 60.0
"""Seconds within which the server must be ready, on a busy machine."""
BEGINS = 30.0
"""Seconds within which a process that it forks must attend to its first call."""
NOT_IN_TIME = "The call was not made: no tool process could be begun in time."
APPLICATION = "signalbox-tools"
"""The name under which the database sees the connections of tool processes."""
PAUSE = 2.0
"""Seconds between two attempts to start it."""


class Forks:
    """`connections` is how many each tool process may have to the database; `on_end` is told of
    each that ended.
    """

    def __init__(self, connections: int, on_end: Callable[[ToolProcess], None]) -> None:
        self._connections, self._on_end = max(1, connections), on_end
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready: asyncio.Future[None] | None = None
        self._words: OutputReader | None = None
        self._begun: dict[int, tuple[ToolProcess, asyncio.Future[None]]] = {}
        self._tried_at = -PAUSE

    async def begin(self, number: int, memory_mb: int) -> ToolProcess:
        """A new tool process that serves calls. Raises ToolError when none can be started; then
        nothing was called.
        """
        if self._control is None:
            await self._start()
        assert self._control is not None
        loop = asyncio.get_running_loop()
        (ours, theirs), (reading, writing), memory = pair(), os.pipe(), board.memory()
        process, started = (
            ToolProcess(number, memory, OutputReader(reading), self.kill, self._on_end),
            loop.create_future(),
        )
        self._begun[number] = process, started
        await loop.connect_accepted_socket(lambda: process, ours)
        said = json.dumps({"start": number, "memory_mb": memory_mb}).encode()
        try:
            socket.send_fds(self._control, [said], [theirs.fileno(), writing, memory])
        finally:
            theirs.close()
            os.close(writing)
            os.close(memory)
        try:
            async with asyncio.timeout(BEGINS):
                await started
                await process.ready()
        except TimeoutError:
            self.kill(number)
            raise ToolError(NOT_IN_TIME) from None
        if process.ending is not None:
            raise ToolError(process.ending.of("", begun=False))
        return process

    def kill(self, number: int) -> None:
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"kill": number}).encode())

    async def _start(self) -> None:
        if (wait := self._tried_at + PAUSE - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        self._tried_at = time.monotonic()
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reading, writing = os.pipe()
        ours.settimeout(0)
        self._words = OutputReader(reading)
        with theirs:
            self._server = self._popen(theirs.fileno(), writing)
        os.close(writing)
        self._control, self._ready = ours, loop.create_future()
        loop.add_reader(ours, self._hear, ours)
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), PATIENCE)
        except TimeoutError:
            self._lost(ours)
            raise ToolError(NOT_IN_TIME) from None

    def _popen(self, control: int, words: int) -> subprocess.Popen[bytes]:
        """Start the prepared process in a session of its own, with the modules and the settings of
        this one.
        """
        known = os.pathsep.join([str(settings.BASE_DIR), *(each for each in sys.path if each)])
        pools = {
            "SIGNALBOX_DJANGO_POOL": str(self._connections),
            "SIGNALBOX_JOURNAL_POOL": "1",
            "SIGNALBOX_RUNS_POOL": "1",
        }
        environment = {
            **os.environ,
            **pools,
            "PYTHONPATH": known,
            "PYTHONUNBUFFERED": "1",
            "PGAPPNAME": APPLICATION,
        }
        command = [sys.executable, "-m", "runs.toolserver.server", str(control), str(os.getpid())]
        return subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            pass_fds=(control,),
            start_new_session=True,
        )

    def _hear(self, control: socket.socket) -> None:
        while True:
            try:
                body = control.recv(4_096)
            except BlockingIOError:
                return
            except OSError:
                body = b""
            if not body:
                self._lost(control)
                return
            self._told(json.loads(body))

    def _told(self, said: Mapping[str, Any]) -> None:
        if "ready" in said and self._ready is not None and not self._ready.done():
            self._ready.set_result(None)
        elif "started" in said:
            process, started = self._begun[said["started"]]
            process.pid = said["pid"]
            _set(started)
        elif "ended" in said:
            process, started = self._begun.pop(said["ended"])
            process.ended(said["status"], said.get("trouble", ""))
            _set(started)

    def _lost(self, control: socket.socket) -> None:
        """The server has ended, and its processes with it."""
        asyncio.get_running_loop().remove_reader(control)
        control.close()
        server, self._server, self._control = self._server, None, None
        words, self._words = self._words, None
        last = joined(words.last()) if words else ""
        if words:
            words.close()
        if server is not None:
            server.kill()
            server.wait()
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(
                ToolError(
                    f"The call was not made: no tool process can be begun. Last words: {last}"
                )
            )
        lost, self._begun = list(self._begun.values()), {}
        for process, started in lost:
            process.ended(9)
            _set(started)

    async def close(self) -> None:
        """End the server, and with it every tool process."""
        if self._server is None or self._control is None:
            return
        server, control = self._server, self._control
        self._control.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(server.wait, PATIENCE)
        if self._control is control:
            self._lost(control)


def _set(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
