"""The page about automation, done as it stands there: a real console, a shell, curl."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from console.docs import contents
from console.stack import places
from tests.patience import PATIENCE, until
from tests.stack.launches import HIDDEN, launched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SERVING = r"Open (http://\S+)/signin/"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUICK = '[[step]]\nfinal = "The order is refunded."\n'
SLOW = '[[step]]\nfinal = "Too late."\ndelay = 120\n'
AGENTS = {
    "format": 1,
    "agents": [
        {"name": "refund-desk", "title": "Refund desk", "script": QUICK},
        {"name": "slow-desk", "title": "Slow desk", "script": SLOW},
    ],
}
PERSON = (
    "from django.contrib.auth.models import Group, User;"
    "User.objects.create_user('operator').groups.add(Group.objects.get(name='operator'))"
)


@dataclass
class Shell:
    """Somebody who follows the page; `known` are the variables that it speaks of."""

    folder: Path
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        page = contents.find("automation")
        assert page is not None
        self.lines = [
            line
            for block in BLOCK.findall(page.text())
            for line in block.replace("\\\n", " ").splitlines()
        ]
        self.left = set(self.lines)

    def of_the_page(self, words: str) -> str:
        """The command of the page with these words in it, and what it prints."""
        ending = [each for each in self.lines if each.endswith(words)]
        line = (ending or [each for each in self.lines if words in each])[0]
        self.left.discard(line)
        return self.give(line)

    def give(self, line: str) -> str:
        hidden = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        done = subprocess.run(
            line.replace("python3", sys.executable),
            shell=True,
            cwd=self.folder,
            env={**hidden, "SIGNALBOX": str(places.ROOT), **self.known},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def answer(self, words: str) -> Any:
        return json.loads(self.of_the_page(words))


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("automation")
    with launched(folder, "--no-demo") as launch:
        console = launch.wait_for(SERVING)
        yield Shell(folder, {"CONSOLE": console, "SIGNALBOX_DATA": str(launch.data)})


def test_the_page_is_done_as_it_stands_there(shell: Shell) -> None:
    manage = f"{sys.executable} {places.ROOT}/manage.py"
    (shell.folder / "first.json").write_text(json.dumps(AGENTS))
    shell.give(f"{manage} agents apply first.json")
    shell.give(f'{manage} shell -c "{PERSON}"')
    shell.of_the_page("agents export")
    assert "refund-desk: as it was" in shell.of_the_page("--dry-run")
    shell.of_the_page("agents apply agents.json")
    shell.of_the_page("policy export")
    assert ": new" not in shell.of_the_page("policy apply tool_policies.json --dry-run")
    shell.of_the_page("policy apply tool_policies.json")

    said = shell.of_the_page("manage.py run refund-desk").splitlines()
    assert said[-1] == "The order is refunded."
    assert said[0].startswith("Started ")

    shell.known["TOKEN"] = shell.of_the_page("manage.py token").strip()
    started = shell.answer("Idempotency-Key")
    shell.known["RUN"] = started["id"]
    assert shell.answer("Idempotency-Key")["id"] == started["id"]
    until(lambda: shell.answer("/runs/$RUN")["ended"], "the end of the run")
    assert shell.answer("/result")["result"] == "The order is refunded."
    events = shell.answer("/events?after=0")
    created = events["events"][0]
    assert (created["kind"], created["actor"]) == ("run.created", "user:operator (token nightly)")

    body = json.dumps({"agent": "slow-desk", "goal": "Take your time"})
    slow = shell.give(
        'curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json"'
        f" -d '{body}' $CONSOLE/api/v1/runs"
    )
    shell.known["RUN"] = json.loads(slow)["id"]
    paused = shell.answer("/pause")
    assert "pause" in (paused.get("requested"), paused.get("status", "")[:5]), paused
    resumed = shell.answer("/resume")
    assert resumed["requested"] == "", resumed
    killed = shell.answer("/kill")
    assert killed["requested"] == "kill" or killed["ended"], killed
    until(lambda: shell.answer("/runs/$RUN")["ended"], "the end of the killed run")
    assert shell.answer("/kill")["error"]["code"] == "refused"

    again = shell.give(f"{manage} run slow-desk Wait --json")
    shell.known["RUN"] = json.loads(again)["id"]
    assert "Kill requested" in shell.of_the_page("manage.py kill")
    assert shell.left == set(), "what the page says, and nobody tried"


def test_what_is_too_large_is_told_in_the_one_form_before_any_view(shell: Shell) -> None:
    """The bound in front of every view speaks the form of the address that was asked."""
    (shell.folder / "large").write_bytes(b" " * 4_000_000)
    told = shell.give(
        "curl -s -w '\\n%{http_code}' -H 'Content-Type: application/json' --data-binary @large"
        " $CONSOLE/api/v1/runs"
    )
    body, status = told.rsplit("\n", 1)
    assert status == "413"
    assert json.loads(body)["error"]["code"] == "too_large"


def test_a_stranger_is_told_so_by_a_real_server(shell: Shell) -> None:
    told = shell.give(
        "curl -s -i -X POST -H 'Authorization: Bearer sbx_nobody' $CONSOLE/api/v1/runs"
    )
    assert told.startswith("HTTP/1.1 401")
    assert "www-authenticate: bearer" in told.lower()
    assert "set-cookie" not in told.lower()
