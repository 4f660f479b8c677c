"""What a bench sees of processes and their memory."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from console.bench import process_memory

WAITS = "import sys; print('here', flush=True); sys.stdin.read()"
HELD = "held = bytearray(50_000_000); " + WAITS


@contextmanager
def waiting(program: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        yield process
        process.communicate("")


def test_a_process_that_another_thread_has_begun_is_seen() -> None:
    begun, over, pids = threading.Event(), threading.Event(), list[int]()

    def beside() -> None:
        with waiting(WAITS) as process:
            pids.append(process.pid)
            begun.set()
            over.wait()

    thread = threading.Thread(target=beside)
    thread.start()
    begun.wait()
    try:
        assert {os.getpid(), *pids} <= {*process_memory.family(os.getpid())}
    finally:
        over.set()
        thread.join()


def test_what_a_process_has_written_to_is_its_memory() -> None:
    with waiting(WAITS) as small, waiting(HELD) as large:
        held = process_memory.own({"small": small.pid, "large": large.pid})
    assert 49 < held[f"large {large.pid}"] - held[f"small {small.pid}"] < 60


def test_a_process_that_is_gone_has_none() -> None:
    with waiting(WAITS) as process:
        pass
    assert process_memory.own({"gone": process.pid}) == {}
