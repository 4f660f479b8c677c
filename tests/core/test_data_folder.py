"""The data folder of a console: its one holder, its key and addresses, what is refused in it, and
what a killed console has left there.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from console.stack import (
    places,
)
from console.stack.accounts import Account
from console.stack.house import HouseServices
from console.stack.lock import AlreadyRunning, DataLock
from console.stack.postgres import CannotServe, Postgres
from tests.patience import ended


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
