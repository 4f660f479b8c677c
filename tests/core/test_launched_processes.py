"""The processes that the launcher begins: tied to it, let in by a gate, started again, ended."""

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from console.stack import (
    orphans,
    parent_death,
    readiness,
)
from console.stack.child import Child
from console.stack.service import StackService
from tests.patience import PATIENCE, ended


@pytest.mark.skipif(sys.platform != "linux", reason="no such tie to its parent elsewhere")
def test_a_command_tied_to_its_parent_ends_with_its_parent() -> None:
    script = f"""
import subprocess, sys
tied = [sys.executable, {parent_death.__file__!r}, "--"]
child = subprocess.Popen([*tied, "sh", "-c", "echo $$; exec sleep 60"])
sys.stdin.read()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    grandchild = int(parent.stdout.readline())
    descriptor = os.pidfd_open(grandchild)
    parent.kill()
    parent.wait(PATIENCE)
    # a process descriptor becomes readable when its process ends
    assert select.select([descriptor], [], [], PATIENCE)[0]
    for stream in (parent.stdin, parent.stdout):
        stream.close()
    os.close(descriptor)


def test_nobody_passes_a_gate_before_it_opens_and_everybody_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    barred = readiness.Readiness()
    monkeypatch.setenv(readiness.PASSAGE, str(barred.passage))
    through = threading.Event()

    def pass_through() -> None:
        readiness.wait()
        through.set()

    waiting = threading.Thread(target=pass_through)
    waiting.start()
    assert not through.is_set()
    barred.open()
    ended(waiting)
    assert through.is_set()
    readiness.wait()
    os.close(barred.passage)


def test_without_a_gate_there_is_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(readiness.PASSAGE, raising=False)
    readiness.wait()


def test_a_child_that_keeps_dying_is_started_again_after_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    heard: list[str] = []
    command = (sys.executable, "-c", "print('last words', end='')")
    child = Child(
        "short",
        lambda: StackService("short", command, ready=lambda: True, folder=tmp_path),
        heard.append,
        said.append,
    )
    child.start(0.0)
    for death in (1.0, 2.0, 3.0):
        _buried(child, death)
        assert not child.start_when_due(death + 0.4)
        assert child.start_when_due(death + 10)
    _buried(child, 200.0)
    assert [sentence.rpartition("again ")[2] for sentence in said] == [
        "in 0.5 s",
        "in 1 s",
        "in 2 s",
        "in 0.5 s",
    ]
    assert heard == ["last words"] * 4


def _buried(child: Child, now: float) -> None:
    assert child.process is not None
    child.process.wait(PATIENCE)
    child.died(now)


def test_strangers_among_our_children_are_ended_and_known_ones_left_alone() -> None:
    known = {
        int(pid)
        for listing in Path("/proc/self/task").glob("*/children")
        for pid in listing.read_text().split()
    }
    stranger = subprocess.Popen(["sleep", "60"])
    assert orphans.end_except(known) == 1
    # reaped by whoever looks first
    assert stranger.wait(PATIENCE) in {0, -signal.SIGKILL}
