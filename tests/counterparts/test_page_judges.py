"""Every page before judges of other houses: html-validate reads what the server sends, Lighthouse
opens what people live in. Both are npm packages; without them these tests fail.
"""

import json
import statistics
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User

from console.bench import page_list, page_stage
from console.bench.page_list import ListedPage
from console.bench.page_stage import PageStage
from console.bench.sign_ins import cookie_of
from console.stack import chromium
from tests.counterparts import environments, programs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3_600),
    pytest.mark.django_db(transaction=True),
]
VALIDATOR, LIGHTHOUSE = "html-validate@10.9.0", "lighthouse@12.8.2"
STANDARD = {"root": True, "extends": ["html-validate:standard"]}
"""What the HTML standard says, without anybody's taste."""
LEAST = {"performance": 0.95, "accessibility": 1.0, "best-practices": 1.0}
LOOKS = 5
LIVED_IN = ("fleet", "run", "queue")


@dataclass(frozen=True, slots=True)
class Played:
    """A console with the demo under way, and its pages."""

    stage: PageStage
    pages: Sequence[ListedPage]

    def headers(self, page: ListedPage) -> dict[str, str]:
        """Of a session that nobody has used yet. Its first page hands the browser the cookie; later
        ones need not, and what a script asks for goes without these headers.
        """
        return {"Cookie": cookie_of(User.objects.get(username=page.who))} if page.who else {}


@pytest.fixture
def played(transactional_db: None) -> Iterator[Played]:
    with page_stage.played(20, seconds=1.0) as stage:
        yield Played(stage, page_list.listed(page_stage.long_run(500)))


def test_every_page_is_written_as_the_standard_says(played: Played, tmp_path: Path) -> None:
    for page in played.pages:
        answer = httpx.get(played.stage.url + page.path, headers=played.headers(page), timeout=60)
        assert answer.status_code == page.status, page.name
        (tmp_path / f"{page.name}.html").write_bytes(answer.content)
    config = tmp_path / "standard.json"
    config.write_text(json.dumps(STANDARD), encoding="utf-8")
    program = environments.node(VALIDATOR) / ".bin" / "html-validate"
    files = [str(file) for file in sorted(tmp_path.glob("*.html"))]
    said = answered([str(program), "--config", str(config), "--formatter", "json", *files])
    assert [(Path(each["filePath"]).stem, each["messages"]) for each in json.loads(said)] == []
    assert len(files) == len(played.pages) >= 25


def test_lighthouse_finds_nothing_on_what_people_live_in(played: Played, tmp_path: Path) -> None:
    program = environments.node(LIGHTHOUSE) / ".bin" / "lighthouse"
    pages = {page.name: page for page in played.pages}
    for name in LIVED_IN:
        headers = tmp_path / "headers.json"
        command = [
            *(str(program), played.stage.url + pages[name].path, "--quiet", "--output=json"),
            *("--preset=desktop", f"--only-categories={','.join(LEAST)}"),
            *(f"--extra-headers={headers}", f"--chrome-flags={flags()}"),
        ]
        looks = []
        for _ in range(LOOKS):
            headers.write_text(json.dumps(played.headers(pages[name])), encoding="utf-8")
            looks.append(json.loads(answered(command)))
        for judged, least in LEAST.items():
            scores = [look["categories"][judged]["score"] for look in looks]
            assert statistics.median(scores) >= least, (name, judged, scores, lost(looks[0]))


def flags() -> str:
    return " ".join(["--headless=new", *chromium.arguments()])


def lost(look: Mapping[str, Any]) -> list[str]:
    """The audits that took points."""
    return [each["id"] for each in look["audits"].values() if each["score"] not in (None, 1)]


def answered(command: Sequence[str]) -> str:
    """What the judge wrote; it also ends with an error where it found something."""
    browser = chromium.find() or chromium.install()
    assert browser, "no Chromium"
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=programs.surroundings({"CHROME_PATH": browser}),
    )
    assert ended.stdout, ended.stderr
    return ended.stdout
