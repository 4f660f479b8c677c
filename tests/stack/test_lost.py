"""A console whose parts are taken away while it runs: nothing is made anew in silence, and what
died comes back.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.patience import PATIENCE, until
from tests.stack.launches import Launch, alive, descendants, launched
from tests.stack.test_up import SERVING, child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
WATCHDOG = "SELECT extract(epoch FROM max(done_at))::float8 FROM live_round WHERE name = 'watchdog'"


def ask(launch: Launch, question: str, *values: object) -> Any:
    """The first value of the first row, from the launched console's own database."""
    address = json.loads((launch.data / "addresses.json").read_text())["DATABASE_URL"]
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(question.encode(), values).fetchone()
    return row[0] if row else None


def killed(launch: Launch, words: str, spoken: str) -> None:
    """Kill the child outright, and wait until it is started again."""
    launch.seen = descendants(launch.process.pid)
    os.kill(child(launch, words), signal.SIGKILL)
    launch.wait_for(rf"({spoken} ended \(SIGKILL\); starting it again)")


def test_after_the_beat_was_killed_a_lost_run_is_still_taken_over(tmp_path: Path) -> None:
    with launched(tmp_path, "--workers", "1") as launch:
        launch.wait_for(SERVING)
        killed(launch, " beat ", "beat")
        before = ask(launch, WATCHDOG)
        until(
            lambda: (ask(launch, WATCHDOG) or 0) > (before or 0) + 1,
            "the watchdog goes no rounds any more",
        )
        held = until(
            lambda: ask(
                launch, "SELECT id FROM runs_run WHERE lease_owner <> '' AND status = 'running'"
            ),
            "nobody holds a run",
        )
        epoch = ask(launch, "SELECT lease_epoch FROM runs_run WHERE id = %s", held)
        killed(launch, "-Q runs", "worker")
        until(
            lambda: ask(launch, "SELECT lease_epoch FROM runs_run WHERE id = %s", held) > epoch,
            "nobody took the run over",
        )


def test_a_database_that_vanishes_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    away = tmp_path / "postgres.away"
    with launched(tmp_path, "--no-demo") as launch:
        launch.wait_for(SERVING)
        (launch.data / "postgres").rename(away)
        killed(launch, "bin/postgres", "postgres")
        launch.wait_for(
            r"(postgres cannot be started: \S+/postgres is gone, and the database with it: put it"
            r" back)"
        )
        assert not (launch.data / "postgres").exists()
    with launched(tmp_path, "--no-demo") as again:
        assert again.process.wait(PATIENCE) == 1
    assert again.log.count("\n") == 1, again.log
    assert "has a key but no database: put" in again.log
    away.rename(tmp_path / "data" / "postgres")
    with launched(tmp_path, "--no-demo") as back:
        back.wait_for(SERVING)


def test_a_console_that_was_killed_outright_leaves_no_socket_folder_for_long(
    tmp_path: Path,
) -> None:
    with launched(tmp_path, "--no-demo") as launch:
        launch.wait_for(SERVING)
        sockets = Path((launch.data / "sockets").read_text())
        for pid in (child(launch, "manage.py up"), launch.process.pid):
            os.kill(pid, signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in launch.seen), "something goes on")
        assert sockets.is_dir()
    with launched(tmp_path, "--no-demo") as again:
        again.wait_for(SERVING)
        assert not sockets.exists()
