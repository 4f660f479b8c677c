"""The phase on copies: what the proof has to name, what a copy leaves out, how a disk is filled."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.chaos import copies


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"a", "b"}, []),
        ({"b"}, ["a was altered, and the proof does not name it"]),
        (
            set(),
            [
                "a was altered, and the proof does not name it",
                "b was cut, and the proof does not name it",
            ],
        ),
        ({"a", "b", "c"}, ["c is intact, and the proof names it"]),
    ],
    ids=["both", "one missed", "both missed", "one too many"],
)
def test_the_proof_has_to_name_what_was_done_and_nothing_else(
    named: set[str], said: list[str]
) -> None:
    assert copies.unnamed({"a": "altered", "b": "cut"}, named) == said


def test_a_copy_has_its_owners_files_and_leaves_out_what_belongs_to_the_running_console(
    tmp_path: Path,
) -> None:
    source = tmp_path / "data"
    (source / "postgres" / "base").mkdir(parents=True)
    (source / "sockets").mkdir()
    for name in ("secret_key", "lock", "postgres/postmaster.pid", "postgres/PG_VERSION"):
        (source / name).write_text(name)
    (source / "secret_key").chmod(0o600)
    copies.copied(source, tmp_path / "copy")
    found = {str(each.relative_to(tmp_path / "copy")) for each in (tmp_path / "copy").rglob("*")}
    assert found == {"secret_key", "postgres", "postgres/base", "postgres/PG_VERSION"}
    assert (tmp_path / "copy" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_size_of_a_folder_is_that_of_its_files_rounded_up(tmp_path: Path) -> None:
    assert copies.size_mb(tmp_path) == 1
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(bytes(2 * copies.MEGABYTE + 1))
    (tmp_path / "link").symlink_to(tmp_path / "below" / "file")
    assert copies.size_mb(tmp_path) == 3


def test_who_is_not_root_makes_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with copies.small_disk(tmp_path, 1) as made:
        assert not made


def test_without_a_disk_of_its_own_a_full_one_is_not_tried_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (tmp_path / "data").mkdir()
    said: list[str] = []
    assert copies.filled(tmp_path, said.append) == ({"full_disk_tried": 0}, [])
    assert said == ["no disk of its own can be made: a full disk was not tried"]


def test_a_disk_is_filled_to_the_last_page(tmp_path: Path) -> None:
    with copies.small_disk(tmp_path, 3) as made:
        if not made:
            pytest.skip("only root makes disks")
        copies.fill(tmp_path / "ballast")
        full = (tmp_path / "ballast").stat().st_size
        assert full > 2 * copies.MEGABYTE
        copies.fill(tmp_path / "ballast")
        assert (tmp_path / "ballast").stat().st_size == full
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "more").write_bytes(bytes(8_192))


@pytest.fixture
def busy() -> Iterator[int]:
    """The port of a server that says that something is away."""

    class Away(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(503)

        def log_message(self, *_said: object) -> None:
            """Nothing: the test looks at the answer."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Away)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    yield server.server_address[1]
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_server_that_says_what_is_away_answers_and_one_that_is_gone_does_not(busy: int) -> None:
    assert copies.answers(busy, "/healthz")
    assert not copies.answers(1, "/healthz")
