"""What an MCP server's process is and where it begins: in an empty folder; where the console is
root, as an account that reads nothing of it.
"""

import json
import logging
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings

from console.stack import parent_death
from runs.tools import server_account
from runs.tools.mcp_server import ServerUnavailable
from runs.tools.server_account import ServerAccount, ServerPlace

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another account")
FOR_ALL = "/usr/bin/env"
LOOKS = """
me=$(id -u):$(id -G); here=$(ls -A . | wc -l); cat "$1" >/dev/null 2>&1 && key=read || key=shut
cat /proc/$PPID/environ >/dev/null 2>&1 && house=read || house=shut
touch "$HOME/kept" && home=kept
printf '{"me":"%s","here":%s,"key":"%s","house":"%s","home":"%s"}' $me $here $key $house $home
"""


def looked(place: ServerPlace, secret: Path) -> dict[str, Any]:
    words = [*settings.TIED, *place.words, "--", "/bin/sh", "-c", LOOKS, "sh", str(secret)]
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **place.variables}
    done = subprocess.run(words, env=env, cwd=place.folder, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret_key"
    file.write_text("key")
    file.chmod(0o600)
    return file


@ROOT
def test_where_the_console_is_root_a_server_is_somebody_who_reads_nothing_of_it(
    secret: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SERVERS_AS = ""
    with server_account.place_for("clock", [FOR_ALL], "/usr/bin:/bin") as place:
        told = looked(place, secret)
        uid = server_account.own("clock").uid
        assert told == {
            "me": f"{uid}:{uid}",
            "here": 0,
            "key": "shut",
            "house": "shut",
            "home": "kept",
        }
    assert not place.folder.exists()


@ROOT
def test_each_server_has_an_account_of_its_own_and_the_same_again() -> None:
    one, other = server_account.own("clock"), server_account.own("files")
    assert one != other
    assert one == server_account.own("clock")
    assert server_account.FIRST <= one.uid <= server_account.LAST


@ROOT
def test_a_command_that_only_root_can_run_stays_roots_and_the_log_says_so(
    tmp_path: Path, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SERVERS_AS = ""
    mine = tmp_path / "mine.sh"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o700)
    with (
        caplog.at_level(logging.WARNING, "runs.tools.server_account"),
        server_account.place_for("clock", [str(mine)], "/usr/bin") as place,
    ):
        assert place.account is None
        assert list(place.folder.iterdir()) == []
    assert f"runs as root: no other account than the console's can run {mine}" in caplog.text
    settings.SERVERS_AS = "nobody"
    with (
        pytest.raises(ServerUnavailable, match="cannot start as nobody"),
        server_account.place_for("clock", [str(mine)], "/usr/bin"),
    ):
        pass
    settings.SERVERS_AS = "no-such-account"
    with (
        pytest.raises(ServerUnavailable, match="an account that is not here"),
        server_account.place_for("clock", [FOR_ALL], "/usr/bin"),
    ):
        pass
    settings.SERVERS_AS = server_account.AS_THE_CONSOLE
    with server_account.place_for("clock", [FOR_ALL], "/usr/bin") as place:
        assert place.account is None


@ROOT
@pytest.mark.parametrize("words", ["sh -c 'exec {0}'", "env --db={0}", "env A={0} -S x", "env {0}"])
def test_what_the_arguments_name_has_to_be_of_use_to_the_account_too(
    tmp_path: Path, settings: LazySettings, words: str
) -> None:
    settings.SERVERS_AS = ""
    mine = tmp_path / "orders.db"
    mine.touch(0o600)
    program, *arguments = shlex.split(words.format(mine))
    command = [f"/usr/bin/{program}", *arguments]
    with server_account.place_for("files", command, "/usr/bin") as place:
        assert place.account is None
    mine.unlink()
    with server_account.place_for("files", command, "/usr/bin") as place:
        assert place.account == server_account.own("files")


def test_a_folder_to_work_in_has_to_be_open_for_writing(tmp_path: Path) -> None:
    mine = ServerAccount(tmp_path.stat().st_uid, tmp_path.stat().st_gid)
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o700)
    assert mine.uses(shared)
    shared.chmod(0o500)
    assert not mine.uses(shared)
    assert not ServerAccount(61_500, 61_500).uses(shared)
    assert ServerAccount(61_500, 61_500).uses(Path("/usr/bin/env"))


def test_what_a_scripts_first_line_names_has_to_be_reachable_too(tmp_path: Path) -> None:
    script = tmp_path / "server"
    script.write_text("#!/usr/bin/env sh\n")
    names = [each.name for each in server_account.programs(str(script), "/usr/bin:/bin")]
    assert names == ["server", "env", "sh"]
    assert not ServerAccount(61_500, 61_500).reaches(script)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_process_of_the_console_is_closed_to_others_of_its_account() -> None:
    dumpable = "import ctypes; print(ctypes.CDLL(None).prctl(3))"
    closed = f"from console.stack import parent_death; parent_death.close_to_others(); {dumpable}"
    house = f"import django; django.setup(); {dumpable}"
    for words, said in ((dumpable, "1"), (closed, "0"), (house, "0")):
        command = [sys.executable, "-c", words]
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "console.settings"}
        done = subprocess.run(command, env=env, capture_output=True, check=True, text=True)
        assert done.stdout.split()[-1] == said
    assert parent_death.PR_SET_DUMPABLE == 4
