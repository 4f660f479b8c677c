"""A stranger's app, made by the page about writing tools and nothing else: a fresh folder, a real
console, six tools at work, and a broken seventh that is named and harms nothing.
"""

import http.cookiejar
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from console.docs import contents
from console.stack import places
from tests.patience import PATIENCE, until
from tests.stack.launches import HIDDEN, Launch, launched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SERVING = r"Open (http://\S+)"
BLOCK = re.compile(r"(?:^`([\w./]+)`:\n\n)?^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BROKEN = '''

@tool(effect=Effect.READ)
def weigh_one(parcel: Parcel, scale) -> int:
    """Weigh one parcel."""
    return 2
'''
SENTENCE = (
    "weigh_one is left out: parameter scale needs a type, since its JSON Schema is made"
    " of it (shop/agents/tools.py:{line})."
)


class Stranger:
    """Somebody in a folder of their own, with the page beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder.parent
        page = contents.find("writing-tools")
        assert page is not None
        blocks = BLOCK.findall(page.text())
        self.files = {name: text for name, kind, text in blocks if kind == "python"}
        self.commands: list[str] = [text for _, kind, text in blocks if kind == "sh"]

    def command(self, words: str) -> str:
        return next(each for each in self.commands if words in each)

    def give(self, command: str) -> str:
        """What it prints; the console's own Python and folder in their places."""
        hidden = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        done = subprocess.run(
            command.replace("python3", sys.executable),
            shell=True,
            cwd=self.folder,
            env={
                **hidden,
                "SIGNALBOX": str(places.ROOT),
                "SIGNALBOX_DATA": str(self.data / "data"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    made = Stranger(tmp_path / "project")
    made.folder.mkdir()
    made.give(made.command("mkdir"))
    for name, text in made.files.items():
        (made.folder / name).write_text(text)
    return made


def pages(launch: Launch, link: str) -> urllib.request.OpenerDirector:
    """Signed in by the link that `up` printed."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    browser.open(link, timeout=PATIENCE).close()
    token = next(str(each.value) for each in jar if each.name == "csrftoken")
    button = urllib.parse.urlencode({"csrfmiddlewaretoken": token}).encode()
    browser.open(link, button, timeout=PATIENCE).close()
    return browser


def test_an_app_made_by_the_page_runs_and_its_broken_tool_is_named_and_harms_nothing(
    stranger: Stranger,
) -> None:
    assert len(re.findall(r"^@tool", stranger.files["shop/agents/tools.py"], re.MULTILINE)) == 6
    tools = stranger.folder / "shop" / "agents" / "tools.py"
    tools.write_text(tools.read_text() + BROKEN)
    line = 1 + tools.read_text().splitlines().index("def weigh_one(parcel: Parcel, scale) -> int:")
    sentence = SENTENCE.format(line=line - 1)
    app = re.search(r"SIGNALBOX_APPS=(\S+)", stranger.command("manage.py up"))
    assert app
    assert sentence in stranger.give(stranger.command("manage.py check"))
    with launched(
        stranger.data, "--no-demo", given={"SIGNALBOX_APPS": app[1]}, where=stranger.folder
    ) as launch:
        browser = pages(launch, launch.wait_for(SERVING))
        assert sentence in launch.log
        said = stranger.give(stranger.command("first_run.py"))
        found = re.search(r"completed after 6 calls: (/runs/\S+)", said)
        assert found, said
        with browser.open(f"http://localhost:{launch.port}{found[1]}", timeout=PATIENCE) as page:
            assert "All parcels of Bath are on their way." in page.read().decode()
        with browser.open(f"http://localhost:{launch.port}/health/", timeout=PATIENCE) as page:
            health = page.read().decode()
        assert "weigh_one" in health
        assert f"shop/agents/tools.py:{line - 1}" in health
        assert "Bath by van" in tools.with_name("ledger.json").read_text()
        tools.write_text(tools.read_text().removesuffix(BROKEN))
        launch.wait_for(r"(tools.py has changed; starting again: web, worker)")
        launch.becomes_well()

        def mended() -> bool:
            with browser.open(f"http://localhost:{launch.port}/health/", timeout=PATIENCE) as page:
                return "weigh_one" not in page.read().decode()

        until(mended, "the mended tool to be left out no more", PATIENCE)
