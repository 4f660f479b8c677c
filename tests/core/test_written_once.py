"""A file that is written once, whoever comes first."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from console.written_once import written_once


def test_of_many_who_come_at_once_one_wins_and_all_read_the_same(tmp_path: Path) -> None:
    target, gate = tmp_path / "key", Barrier(8)

    def come(number: int) -> bytes:
        gate.wait()
        return written_once(target, b"%d" % number * 1_000)

    with ThreadPoolExecutor(8) as pool:
        read = set(pool.map(come, range(8)))
    assert read == {target.read_bytes()}
    assert list(tmp_path.iterdir()) == [target]


def test_only_its_owner_reads_it_and_what_is_there_stays(tmp_path: Path) -> None:
    target = tmp_path / "key"
    assert written_once(target, b"first") == b"first"
    assert target.stat().st_mode & 0o777 == 0o600
    assert written_once(target, b"second") == b"first"
