"""`python -m runs.toolserver.server CONTROL PARENT`: one prepared process from which tool
processes are forked, in milliseconds.

It imports every tool, has one thread and no connection, and runs nothing foreign after that: so
forking it is safe, and it is there to see its children end, to end their groups and their orphans,
and to take them all along when the worker is gone.
"""

import array
import gc
import json
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any, NoReturn

from runs.toolprocess import memory_limit, subreaper

LONGEST = 4_096


class Server:
    """`children` are the living tool processes: their numbers by process id."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, int] = {}

    def serve(self) -> NoReturn:
        """Fork tool processes until the worker is gone, or closes the control socket."""
        waking, wake = os.pipe()
        for end in (waking, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, _noted)
        signal.signal(signal.SIGTERM, self.over)
        self.tell({"ready": os.getpid()})
        with selectors.DefaultSelector() as selector:
            selector.register(self.control, selectors.EVENT_READ)
            selector.register(waking, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.control:
                        self.hear()
                    else:
                        os.read(waking, LONGEST)
                        self.bury()

    def hear(self) -> None:
        body, descriptors = received(self.control)
        if not body:
            self.over()
        said = json.loads(body)
        if "start" in said:
            self.start(int(said["start"]), descriptors, int(said["memory_mb"]))
        else:
            self.kill(int(said["kill"]))

    def start(self, number: int, descriptors: list[int], memory_mb: int) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self.tell({"ended": number, "status": 0, "trouble": str(error)})
            return
        if pid == 0:
            become(self.control, descriptors, memory_mb)
        self.children[pid] = number
        for each in descriptors:
            os.close(each)
        self.tell({"started": number, "pid": pid})

    def kill(self, number: int) -> None:
        for pid, each in self.children.items():
            if each == number:
                subreaper.end(pid)

    def bury(self) -> None:
        """End the group and the orphans of each process that has ended."""
        ended = [
            (pid, status)
            for pid in list(self.children)
            for found, status in [os.waitpid(pid, os.WNOHANG)]
            if found
        ]
        for pid, status in ended:
            subreaper.end_group(pid)
            number = self.children.pop(pid)
            subreaper.end_strangers(set(self.children))
            self.tell({"ended": number, "status": status})

    def tell(self, said: Mapping[str, Any]) -> None:
        try:
            self.control.send(json.dumps(said).encode())
        except OSError:
            self.over()

    def over(self, _number: int = 0, _frame: FrameType | None = None) -> NoReturn:
        for pid in self.children:
            subreaper.end(pid)
        subreaper.end_strangers(set())
        os._exit(0)


def become(control: socket.socket, descriptors: list[int], memory_mb: int) -> NoReturn:
    """Become a tool process in the forked child: one with a session of its own, which ends with its
    parent.
    """
    parent = os.getppid()
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        control.close()
        os.setsid()
        subreaper.put_on(signal.SIGKILL, parent)
        memory_limit.limit(memory_mb)
        link, words, shared = descriptors
        for standard in (1, 2):
            os.dup2(words, standard)
        os.close(words)
        from runs.toolserver import serving  # noqa: PLC0415  Django is set up only now

        serving.serve(socket.socket(fileno=link), shared)
        code = 0
    finally:
        os._exit(code)


def received(control: socket.socket) -> tuple[bytes, list[int]]:
    """One message from the worker, with the descriptors that came along."""
    room = socket.CMSG_SPACE(3 * array.array("i").itemsize)
    body, beside, _, _ = control.recvmsg(LONGEST, room)
    found = array.array("i")
    for level, kind, data in beside:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return body, list(found)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wakeup descriptor is what tells of the signal."""


def main(control: int, parent: int) -> NoReturn:
    subreaper.put_on(signal.SIGTERM, parent)
    subreaper.adopt_orphans()
    import django  # noqa: PLC0415  after the tie to its parent

    django.setup()
    from runs.tools import registry  # noqa: PLC0415

    registry.discover()
    if others := [
        thread.name for thread in threading.enumerate() if thread is not threading.current_thread()
    ]:
        sys.stderr.write(
            "A tools module has started threads, which no tool process will have:"
            f" {', '.join(others)}\n"
        )
    gc.collect()
    gc.freeze()
    Server(socket.socket(fileno=control)).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
