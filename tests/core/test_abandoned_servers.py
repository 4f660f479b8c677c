"""Which processes of MCP servers are nobody's any more: their worker is gone, and it was one of the
processes that we can know.
"""

from pathlib import Path

import pytest

from runs.tools import server_processes

HERE, ELSEWHERE = "4026531836", "4026532999"


@pytest.fixture
def processes(tmp_path: Path) -> Path:
    """A host that knows one worker, of id 10, which was started at 500."""
    spaces = tmp_path / "self" / "ns"
    spaces.mkdir(parents=True)
    (spaces / "pid").symlink_to(f"pid:[{HERE}]")
    host(tmp_path, 10, began="500")
    return tmp_path


def host(folder: Path, pid: int, *, began: str = "900", state: str = "S", owner: str = "") -> None:
    """One more process, its name as hostile as a name may be."""
    place = folder / str(pid)
    place.mkdir()
    before = " ".join("0" for _ in range(server_processes.STARTED_AT - 1))
    (place / "stat").write_text(f"{pid} (a) S (b) {state} {before} {began} 0 0")
    mine = f"{server_processes.OWNER}={owner}" if owner else "HOME=/root"
    (place / "environ").write_bytes(f"PATH=/bin\0{mine}\0".encode())


@pytest.mark.parametrize(
    ("owner", "theirs"),
    [
        (f"{HERE}:10:500", []),
        (f"{HERE}:10:499", [20]),
        (f"{HERE}:11:500", [20]),
        (f"{ELSEWHERE}:11:500", []),
        (f"{HERE}:11:", []),
        (":11:500", []),
        (f"{HERE}:x:500", []),
        ("nonsense", []),
        ("", []),
    ],
)
def test_only_what_a_worker_of_ours_has_left_is_abandoned(
    processes: Path, owner: str, theirs: list[int]
) -> None:
    host(processes, 20, owner=owner)
    assert server_processes.abandoned(processes) == theirs


def test_a_worker_that_has_ended_and_is_not_reaped_yet_is_gone(processes: Path) -> None:
    host(processes, 12, state="Z")
    host(processes, 20, owner=f"{HERE}:12:900")
    assert server_processes.abandoned(processes) == [20]


def test_where_there_are_no_processes_to_be_read_nothing_is_abandoned(tmp_path: Path) -> None:
    assert server_processes.namespace(tmp_path) == ""
    assert server_processes.abandoned(tmp_path) == []


def test_a_process_knows_itself_by_its_container_its_id_and_when_it_began(processes: Path) -> None:
    assert server_processes.owner(10, processes) == f"{HERE}:10:500"


def test_servers_of_one_process_have_one_owner_and_a_mark_each() -> None:
    first, second = server_processes.marks(), server_processes.marks()
    assert first[server_processes.OWNER] == second[server_processes.OWNER]
    assert first[server_processes.MARK] != second[server_processes.MARK]


def test_a_process_that_calls_itself_by_bytes_of_no_encoding_is_known_by_its_beginning(
    processes: Path,
) -> None:
    host(processes, 20)
    stat = processes / "20" / "stat"
    stat.write_bytes(stat.read_bytes().replace(b"(a)", b"(\xff\xfe)"))
    assert server_processes.started_at(20, processes) == "900"
