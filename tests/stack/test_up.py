"""`manage.py up` as a person meets it: it serves, says clearly why it does not, and leaves nothing
behind.
"""

import http.cookiejar
import os
import signal
import socket
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.stack.launches import Launch, launched, name

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SERVING = r"Open (http://\S+)"


def status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return int(answer.status)


def child(launch: Launch, words: str) -> int:
    """The process id of the child whose command line has these words."""
    found = [pid for pid in sorted(launch.seen) if words in name(pid)]
    assert found, launch.log
    return found[0]


def within_five_seconds(attempt: Callable[[Path], float], folder: Path) -> bool:
    """At the best of three: what else keeps the machine busy is not the console's."""
    places = [folder / str(number) for number in range(3)]
    for place in places:
        place.mkdir()
    return any(attempt(place) < 5 for place in places)


def test_it_serves_lets_its_owner_in_once_and_ends_within_five_seconds(tmp_path: Path) -> None:
    assert within_five_seconds(served_and_interrupted, tmp_path)


def served_and_interrupted(folder: Path) -> float:
    with launched(folder) as launch:
        link = launch.wait_for(SERVING)
        jar = http.cookiejar.CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        browser.open(link, timeout=PATIENCE).close()  # a page with a button, which is pressed:
        button = urllib.parse.urlencode(
            {"csrfmiddlewaretoken": next(each.value for each in jar if each.name == "csrftoken")}
        ).encode()
        with browser.open(link, button, timeout=PATIENCE) as answer:
            assert answer.url == f"http://localhost:{launch.port}/"
        assert "signalbox" in {cookie.name for cookie in jar}
        with pytest.raises(urllib.error.HTTPError, match="410"):
            status(link)
        launch.process.send_signal(signal.SIGINT)
        took = launch.ended(PATIENCE)
        assert launch.process.returncode == 0
        return took


def test_nothing_survives_sigkill(tmp_path: Path) -> None:
    assert within_five_seconds(killed, tmp_path)


def killed(folder: Path) -> float:
    with launched(folder, "--no-demo") as launch:
        launch.wait_for(SERVING)
        assert len(launch.seen) > 10
        launch.process.kill()
        return launch.ended(PATIENCE)


def test_nothing_survives_when_the_launcher_behind_the_front_is_killed(tmp_path: Path) -> None:
    assert within_five_seconds(killed_behind_the_front, tmp_path)


def killed_behind_the_front(folder: Path) -> float:
    with launched(folder, "--no-demo") as launch:
        launch.wait_for(SERVING)
        os.kill(child(launch, "manage.py up"), signal.SIGKILL)
        return launch.ended(PATIENCE)


def test_a_second_one_on_the_same_data_says_so_and_the_data_is_free_afterwards(
    tmp_path: Path,
) -> None:
    with launched(tmp_path, "--no-demo") as launch:
        launch.wait_for(SERVING)
        with launched(tmp_path, "--no-demo") as second:
            assert second.process.wait(PATIENCE) == 1
            assert f"already running on {launch.data}" in second.log
            assert str(launch.process.pid) in second.log
        assert status(f"http://127.0.0.1:{launch.port}/healthz") == 200
        launch.process.kill()
        launch.ended(PATIENCE)
    with launched(tmp_path, "--no-demo") as third:
        third.wait_for(SERVING)


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with launched(tmp_path, port=port) as launch:
            assert launch.process.wait(PATIENCE) == 1
    assert [line for line in launch.log.splitlines() if line] == launch.log.splitlines()
    assert launch.log.count("\n") == 1
    assert f"port {port} cannot be had" in launch.log


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("DATABASE_URL", "nonsense"),
        ("REDIS_URL", "nonsense"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("REDIS_URL", "redis://127.0.0.1:1/orders"),
        ("SIGNALBOX_PROXIES", "two"),
    ],
)
def test_what_the_environment_names_and_cannot_be_had_is_one_clear_line(
    tmp_path: Path, variable: str, url: str
) -> None:
    with launched(tmp_path, given={variable: url}) as launch:
        assert launch.process.wait(PATIENCE) == 1
    assert launch.log.count("\n") == 1, launch.log
    assert variable in launch.log


@pytest.mark.parametrize("stands_there", ["data", "data/lock/it", "data/secret_key"])
def test_a_data_folder_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, stands_there: str
) -> None:
    """A file in its place, a folder in the place of its lock, a key that was cut off."""
    file = tmp_path / stands_there
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    with launched(tmp_path) as launch:
        assert launch.process.wait(PATIENCE) == 1
    assert launch.log.count("\n") == 1, launch.log
    assert str(tmp_path / "data") in launch.log


def test_a_dead_child_is_started_again_and_said_aloud(tmp_path: Path) -> None:
    with launched(tmp_path, "--no-demo") as launch:
        launch.wait_for(SERVING)
        for words, spoken in {
            "-Q runs": "worker",
            "bin/postgres": "postgres",
            "web_server": "web",
            " beat ": "beat",
        }.items():
            os.kill(child(launch, words), signal.SIGKILL)
            launch.wait_for(rf"({spoken} ended \(SIGKILL\); starting it again)")
        launch.becomes_well()
        os.kill(child(launch, "-Q clock"), signal.SIGTERM)
        launch.wait_for(r"(clock ended \(exit code 0\); starting it again)")
