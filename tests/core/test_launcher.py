"""The launcher's parts that need no server: the lock, the key, the leash, the gate, what it prints."""

import io
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from console.stack import gate, leash, options, orphans, places
from console.stack.accounts import Account
from console.stack.child import Child
from console.stack.lock import AlreadyRunning, DataLock
from console.stack.roster import Roster
from console.stack.service import Service
from console.stack.voice import Voice
from tests.patience import PATIENCE, ended


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_data_folder_has_one_holder_and_the_next_one_learns_who(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path), DataLock(tmp_path)
    first.take(pid=7, url="http://127.0.0.1:8123")
    with pytest.raises(AlreadyRunning, match=r"already running on .*pid 7 url http://127.0.0.1:8123"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_the_secret_key_is_made_once_for_all_and_read_by_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    keys: set[str] = set()
    threads = [threading.Thread(target=lambda: keys.add(places.secret_key())) for _ in range(8)]
    for thread in threads:
        thread.start()
    ended(*threads)
    assert len(keys) == 1
    assert len(keys.pop()) > 60
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_addresses_are_found_while_recorded_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_DATA", str(tmp_path))
    monkeypatch.delenv("REDIS_URL")
    assert places.address("REDIS_URL", "default") == "default"
    places.record_addresses({"REDIS_URL": "unix:///run/one.sock"})
    assert places.address("REDIS_URL", "default") == "unix:///run/one.sock"
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    assert places.address("REDIS_URL", "default") == "redis://elsewhere"


def test_an_account_reaches_what_every_folder_above_lets_it_walk_to(tmp_path: Path) -> None:
    stranger = Account("stranger", uid=54_321, gid=54_321)
    file = tmp_path / "closed" / "file"
    file.parent.mkdir(mode=0o700)
    file.write_text("")
    assert not stranger.can_reach(file)
    assert Account("owner", uid=os.getuid(), gid=os.getgid()).can_reach(file)


@pytest.mark.skipif(sys.platform != "linux", reason="no such leash elsewhere")
def test_a_leashed_command_ends_with_its_parent() -> None:
    script = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, {leash.__file__!r}, "--", "sh", "-c", "echo $$; exec sleep 60"])
sys.stdin.read()
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
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


def test_nobody_passes_a_gate_before_it_opens_and_everybody_after(monkeypatch: pytest.MonkeyPatch) -> None:
    barred = gate.Gate()
    monkeypatch.setenv(gate.PASSAGE, str(barred.passage))
    through = threading.Event()

    def pass_through() -> None:
        gate.wait()
        through.set()

    waiting = threading.Thread(target=pass_through)
    waiting.start()
    assert not through.is_set()
    barred.open()
    ended(waiting)
    assert through.is_set()
    gate.wait()
    os.close(barred.passage)


def test_without_a_gate_there_is_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(gate.PASSAGE, raising=False)
    gate.wait()


def test_lines_carry_their_names_and_no_terminal_codes_of_strangers() -> None:
    out = io.StringIO()
    Voice(out).line("worker", "a goal with \x1b[2J an escape\r\n")
    assert out.getvalue()[9:] == "worker    a goal with [2J an escape\n"


def test_colours_only_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    wanting = Terminal()
    Voice(wanting).say("hello")
    assert "\x1b[1m" in wanting.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    declining = Terminal()
    Voice(declining).say("hello")
    assert "\x1b" not in declining.getvalue()


def test_a_child_that_keeps_dying_is_started_again_after_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    heard: list[str] = []
    command = (sys.executable, "-c", "print('last words', end='')")
    child = Child("short", lambda: Service("short", command, ready=lambda: True, folder=tmp_path), heard.append, said.append)
    child.start(0.0)
    for death in (1.0, 2.0, 3.0):
        _buried(child, death)
        assert not child.start_when_due(death + 0.4)
        assert child.start_when_due(death + 10)
    _buried(child, 200.0)
    assert [sentence.rpartition("again ")[2] for sentence in said] == ["in 0.5 s", "in 1 s", "in 2 s", "in 0.5 s"]
    assert heard == ["last words"] * 4


def _buried(child: Child, now: float) -> None:
    assert child.process is not None
    child.process.wait(PATIENCE)
    child.died(now)


def test_strangers_among_our_children_are_ended_and_known_ones_left_alone() -> None:
    known = {int(pid) for listing in Path("/proc/self/task").glob("*/children") for pid in listing.read_text().split()}
    stranger = subprocess.Popen(["sleep", "60"])
    assert orphans.end_except(known) == 1
    # reaped by whoever looks first
    assert stranger.wait(PATIENCE) in {0, -signal.SIGKILL}


def test_options_have_defaults_and_refuse_nonsense(capsys: pytest.CaptureFixture[str]) -> None:
    assert options.parse(["--port", "8123", "--no-demo"]) == options.Options(port=8123, data="", demo=False, workers=1, slots=100)
    with pytest.raises(SystemExit):
        options.parse(["--workers", "0"])
    assert "must be at least 1" in capsys.readouterr().err
    for port in ("0", "-1", "99999"):
        with pytest.raises(SystemExit):
            options.parse(["--port", port])
        assert "must be between 1 and 65535" in capsys.readouterr().err


def test_the_clock_remembers_its_schedule_in_no_file() -> None:
    clock = Roster(options.parse([]), {}).clock()
    assert clock.argv[clock.argv.index("--scheduler") + 1] == "celery.beat:Scheduler"
    assert not {"-S", "--statedb", "-s", "--schedule"} & set(clock.argv)
