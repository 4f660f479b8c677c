"""Another account of the same machine reads and reaches nothing of a running console."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.stack.launches import Launch, descendants, launched
from tests.stack.test_up import SERVING

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
STRANGER = 61_999
SYSTEM_PYTHON = "/usr/bin/python3"
TRIES = """
import json, os, socket, sys
asked = json.loads(sys.stdin.read())
found = []
for path in asked["files"]:
    try:
        with open(path, "rb") as file:
            file.read(1)
        found.append("read " + path)
    except OSError:
        pass
for path in asked["folders"]:
    try:
        os.close(os.open(os.path.join(path, "stranger"), os.O_CREAT | os.O_WRONLY))
        found.append("wrote into " + path)
    except OSError:
        pass
    try:
        os.listdir(path)
        found.append("listed " + path)
    except OSError:
        pass
for path in asked["sockets"]:
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(path)
        found.append("reached " + path)
    except OSError:
        pass
for pid in asked["pids"]:
    try:
        os.kill(pid, 0)
        found.append(f"may signal {pid}")
    except OSError:
        pass
print(json.dumps(found))
"""
OF_A_PROCESS = ("environ", "mem", "maps", "stack", "auxv", "syscall")


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    assert os.geteuid() == 0, "only root can try this: start the tests as root"
    assert Path(SYSTEM_PYTHON).exists(), f"another account needs {SYSTEM_PYTHON}"
    folder = tmp_path_factory.mktemp("console")
    for each in (folder, *folder.parents):
        if each.stat().st_uid == 0 and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o011)  # so that nothing but the console keeps it out
    with launched(folder, "--workers", "1") as launch:
        launch.wait_for(SERVING)
        yield launch


def tried(**asked: Sequence[object]) -> list[str]:
    whole = {"files": [], "folders": [], "sockets": [], "pids": [], **asked}
    done = subprocess.run(
        [SYSTEM_PYTHON, "-I", "-c", TRIES],
        input=json.dumps(whole),
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        env={},
        user=STRANGER,
        group=STRANGER,
        extra_groups=[],
    )
    return list(json.loads(done.stdout))


def test_the_stranger_reads_what_is_for_all_and_is_no_figment(console: Launch) -> None:
    assert tried(files=["/etc/passwd"], folders=["/tmp"]) == [
        "read /etc/passwd",
        "wrote into /tmp",
        "listed /tmp",
    ]
    Path("/tmp/stranger").unlink()


def test_no_file_of_the_data_folder_is_open(console: Launch) -> None:
    walked = [*console.data.rglob("*")]
    files = [str(path) for path in walked if path.is_file()]
    folders = [str(console.data), *(str(path) for path in walked if path.is_dir())]
    assert str(console.data / "secret_key") in files
    assert str(console.data / "addresses.json") in files
    assert tried(files=files, folders=folders) == []


def test_what_says_where_the_services_are_is_for_the_owner_alone(console: Launch) -> None:
    assert (console.data / "addresses.json").stat().st_mode & 0o777 == 0o600
    assert (console.data / "secret_key").stat().st_mode & 0o777 == 0o600


def test_no_socket_answers(console: Launch) -> None:
    listening = [
        words[7]
        for line in Path("/proc/net/unix").read_text().splitlines()[1:]
        if len(words := line.split()) > 7 and words[5] == "01"
    ]
    where = (console.data / "sockets").read_text()
    ours = [path for path in listening if path.startswith(where)]
    assert len(ours) > 1, "PostgreSQL and Valkey listen on sockets"
    assert tried(sockets=ours) == []


def test_no_process_lets_itself_be_looked_into(console: Launch) -> None:
    pids = [console.process.pid, *descendants(console.process.pid)]
    inside = [f"/proc/{pid}/{name}" for pid in pids for name in OF_A_PROCESS]
    assert len(pids) > 4
    assert tried(files=inside, pids=pids) == []


def test_no_port_but_the_consoles_own_listens(console: Launch) -> None:
    """Its pages ask for a sign-in, see tests/doors; nothing else is there to be asked."""
    pids = [console.process.pid, *descendants(console.process.pid)]
    inodes = {
        str(file.readlink())
        for pid in pids
        for file in Path(f"/proc/{pid}/fd").glob("*")
        if file.is_symlink()
    }
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
                ports.add(int(words[1].rpartition(":")[2], 16))
    assert ports == {console.port}
    with socket.create_connection(("127.0.0.1", console.port)) as end:
        end.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b" 302 " in end.recv(4096).split(b"\r\n")[0]
