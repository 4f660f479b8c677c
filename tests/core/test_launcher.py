"""The launcher's parts that need no server: the lock, the key, the tie to its parent, the gate,
what it prints."""

import io
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from console.stack import (
    command_line,
    options,
    orphans,
    parent_death,
    places,
    readiness,
    session,
)
from console.stack.accounts import Account
from console.stack.child import Child
from console.stack.console_output import ConsoleOutput
from console.stack.house import HouseServices
from console.stack.lock import AlreadyRunning, DataLock
from console.stack.postgres import CannotServe, Postgres
from console.stack.roster import Roster
from console.stack.service import StackService
from tests.patience import PATIENCE, ended


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_windows_is_told_in_one_sentence_where_it_runs() -> None:
    begun = "import runpy, sys; sys.platform = 'win32'; sys.argv = ['manage.py', 'up'];"
    done = subprocess.run(
        [sys.executable, "-c", f"{begun} runpy.run_path('manage.py', run_name='__main__')"],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Signalbox runs on Linux and macOS; on Windows, run it inside WSL."
    ]


def manage(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    hidden = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
    return subprocess.run(
        [sys.executable, str(places.ROOT / "manage.py"), *words],
        env={name: value for name, value in os.environ.items() if name not in hidden}
        | {"SIGNALBOX_DATA": str(folder)},
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("words", [("signin_link", "admin"), ("journal", "verify"), ("shell",)])
def test_a_command_for_a_folder_without_a_console_says_how_to_name_the_one_that_is_meant(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = tmp_path / "data"
    done = manage(folder, *words)
    assert done.returncode == 1
    assert done.stderr == (
        f"signalbox: no console was made in {folder}: name the folder that `up --data` was given"
        " in SIGNALBOX_DATA, or begin one here with `python3 manage.py up`\n"
    )
    assert not folder.exists()


def test_where_no_console_was_made_what_reads_none_of_it_still_answers(tmp_path: Path) -> None:
    policies, calls = tmp_path / "policies.json", tmp_path / "calls.json"
    for file in (policies, calls):
        file.write_text("[]")
    for words in (
        ("docs", "operating"),
        ("policy", "test", str(calls), "--policies", str(policies)),
    ):
        assert manage(tmp_path / "data", *words).returncode == 0
    assert not (tmp_path / "data" / "postgres").exists()


def test_whatever_makes_the_tables_itself_may_begin_a_database() -> None:
    makes = {
        path.stem
        for path in (places.ROOT / "console/management/commands").glob("*.py")
        if 'call_command("migrate"' in path.read_text(encoding="utf-8")
    }
    assert "replay" in makes
    assert makes <= command_line.MAKING | command_line.ON_THEIR_OWN


@pytest.mark.parametrize("words", [["fleet", "--json"], ["--json", "fleet"]])
def test_a_large_set_stays_wherever_its_bench_is_named(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(session, "private", lambda **facts: asked.append(facts))
    monkeypatch.setenv("SIGNALBOX_BENCH_DATA", "/data/sets")
    command_line._services("bench", words)
    command_line._services("bench", ["--json", "steps"])
    command_line._services("bench", ["pages", "--only", "fleet"])
    assert asked == [{"durable": False, "kept": Path("/data/sets")}, {}, {}]


def test_a_data_folder_has_one_holder_and_the_next_one_learns_who(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path), DataLock(tmp_path)
    first.take(pid=7, url="http://127.0.0.1:8123")
    with pytest.raises(
        AlreadyRunning, match=r"already running on .*pid 7 url http://127.0.0.1:8123"
    ):
        second.take()
    first.release()
    second.take()
    second.release()


def test_the_secret_key_is_made_once_for_all_and_read_by_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_addresses_are_found_while_recorded_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_lines_carry_their_names_and_no_terminal_codes_of_strangers() -> None:
    out = io.StringIO()
    ConsoleOutput(out).line("worker", "a goal with \x1b[2J an escape\r\n")
    assert out.getvalue()[9:] == "worker    a goal with [2J an escape\n"


def test_colours_only_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    wanting = Terminal()
    ConsoleOutput(wanting).say("hello")
    assert "\x1b[1m" in wanting.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    declining = Terminal()
    ConsoleOutput(declining).say("hello")
    assert "\x1b" not in declining.getvalue()


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


def test_options_have_defaults_and_refuse_nonsense(capsys: pytest.CaptureFixture[str]) -> None:
    assert options.parse(["--port", "8123", "--no-demo"]) == options.Options(
        port=8123, data="", demo=False, workers=1, slots=100
    )
    with pytest.raises(SystemExit):
        options.parse(["--workers", "0"])
    assert "must be at least 1" in capsys.readouterr().err
    for port in ("0", "-1", "99999"):
        with pytest.raises(SystemExit):
            options.parse(["--port", port])
        assert "must be between 1 and 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said", "embedded", "wanted"),
    [
        ([], {}, True, True),
        ([], {}, False, False),
        ([], {"SIGNALBOX_DEMO": "1"}, False, True),
        ([], {"SIGNALBOX_DEMO": "0"}, True, False),
        (["--demo"], {}, False, True),
        (["--no-demo"], {"SIGNALBOX_DEMO": "1"}, True, False),
    ],
)
def test_the_demo_is_for_the_embedded_database_or_for_whoever_asks(
    arguments: list[str], said: dict[str, str], embedded: bool, wanted: bool
) -> None:
    assert options.demo_wanted(options.parse(arguments), embedded, said) is wanted


def test_the_clock_remembers_its_schedule_in_no_file() -> None:
    clock = Roster(options.parse([]), {}).beat()
    assert clock.argv[clock.argv.index("--scheduler") + 1] == "celery.beat:Scheduler"
    assert not {"-S", "--statedb", "-s", "--schedule"} & set(clock.argv)


def house(folder: Path) -> HouseServices:
    """An embedded one, its sockets opened."""
    made = HouseServices(folder)
    made.furnish()
    return made


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)


def test_a_folder_that_was_in_use_and_has_lost_its_database_is_refused_in_one_sentence(
    tmp_path: Path, embedded: None
) -> None:
    for name in ("secret_key", "lock"):
        (tmp_path / name).write_text("x")
    opened = house(tmp_path)
    try:
        with pytest.raises(
            CannotServe,
            match=r"has a key but no database: put .*/postgres back, or choose another --data",
        ):
            opened.make()
    finally:
        opened.clear()
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    "there", [{"secret_key"}, {"lock"}, {"secret_key", "lock", "postgres.new"}, set()]
)
def test_a_folder_that_never_had_a_database_is_not_called_used(
    tmp_path: Path, there: set[str]
) -> None:
    """A key alone is left by whatever loads the settings, a lock by a start that was cut off at
    once.
    """
    for name in there:
        (tmp_path / name).write_text("x")
    assert not places.was_used(tmp_path)


def test_a_start_that_is_no_first_one_never_makes_a_database(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(CannotServe, match="is gone, and the database with it"):
        Postgres(tmp_path / "postgres", tmp_path).prepare()


def test_a_folder_with_other_peoples_files_is_not_made_a_database(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "thesis.txt").write_text("x")
    with pytest.raises(CannotServe, match="holds no PostgreSQL cluster, but other files"):
        Postgres(tmp_path / "postgres", tmp_path).make()


def test_the_socket_folder_of_a_console_that_was_killed_is_removed_at_the_next_start(
    tmp_path: Path, embedded: None
) -> None:
    killed = house(tmp_path).sockets
    following = house(tmp_path)
    assert killed is not None
    assert following.sockets is not None
    assert not killed.exists()
    assert following.sockets.is_dir()
    following.clear()
    assert not following.sockets.exists()
    assert not (tmp_path / "sockets").exists()


def test_nothing_but_a_socket_folder_is_removed(tmp_path: Path, embedded: None) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / "sockets").write_text(str(precious))
    house(tmp_path).clear()
    assert precious.is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_lock_of_a_cluster_is_left_only_to_a_process_that_works_in_it(tmp_path: Path) -> None:
    """After a power cut its number may be another PostgreSQL's, or the file is empty."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    server, lock = Postgres(ours, tmp_path), ours / "postmaster.pid"
    words = [sys.executable, "-c", "input()", "postgres"]
    with subprocess.Popen(words, cwd=theirs, stdin=subprocess.PIPE) as stranger:
        for text in (f"{stranger.pid}\n{theirs}\n", "", "\n", "-1\n"):
            lock.write_text(text)
            server._remove_stale_lock()
            assert not lock.exists(), text
        stranger.communicate(b"\n")
    with subprocess.Popen(words, cwd=ours, stdin=subprocess.PIPE) as own:
        lock.write_text(f"{own.pid}\n{ours}\n")
        server._remove_stale_lock()
        assert lock.exists()
        own.communicate(b"\n")
