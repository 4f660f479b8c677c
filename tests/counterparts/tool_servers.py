"""Other people's MCP servers, from npm and PyPI, each with what it needs to work without a network
and a call that it answers.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from console.json_value import Json
from tests.counterparts import environments

NODE = (
    "@modelcontextprotocol/server-everything@2026.8.31",
    "@modelcontextprotocol/server-filesystem@2026.8.31",
    "@modelcontextprotocol/server-memory@2026.8.31",
    "@modelcontextprotocol/server-sequential-thinking@2026.8.31",
)
PYTHON = (
    "mcp-server-time==2026.10.19",
    "mcp-server-git==2026.10.19",
    "mcp-server-fetch==2026.10.24",
)
OLDER = (
    "mcp==1.30.0",
    "mcp-server-calculator==0.2.1",
    "mcp-server-duckdb==1.1.0",
    "mcp-server-sqlite==2025.4.25",
    "mcp-text-editor==1.0.2",
)
"""Those written for the older SDK, which speak an older protocol."""
MEDDLER = Path(__file__).with_name("meddler.py")
NOTE = "The lamp stands in aisle seven."


@dataclass(frozen=True, slots=True)
class RealServer:
    """How it is started, the tool that is called with these arguments, and words of its answer.

    `tools` is how many it offers; `asks`: by the policies as shipped a person is asked first.
    """

    name: str
    command: str
    tools: int
    tool: str
    args: Mapping[str, Json]
    said: str
    asks: bool = False


def npm(name: str, *arguments: str) -> str:
    """The command of one of the npm servers."""
    program = environments.node(*NODE) / f"@modelcontextprotocol/server-{name}/dist/index.js"
    return shlex.join(["node", str(program), *arguments])


def pypi(name: str, *arguments: str, pins: tuple[str, ...] = PYTHON) -> str:
    """The command of one of the PyPI servers."""
    return shlex.join([str(environments.python(*pins).with_name(name)), *arguments])


older = partial(pypi, pins=OLDER)


def note(folder: Path) -> Path:
    file = folder / "note.txt"
    file.write_text(NOTE, encoding="utf-8")
    return file


def everything(_folder: Path) -> RealServer:
    command = npm("everything")
    return RealServer("everything", command, 13, "get-sum", {"a": 2, "b": 40}, "42")


def filesystem(folder: Path) -> RealServer:
    args, command = {"path": str(note(folder))}, npm("filesystem", str(folder))
    return RealServer("filesystem", command, 14, "read_text_file", args, NOTE)


def memory(folder: Path) -> RealServer:
    file = folder / "memory.jsonl"
    fact = {"type": "entity", "name": "lamp", "entityType": "thing", "observations": [NOTE]}
    file.write_text(json.dumps(fact) + "\n", encoding="utf-8")
    command = f"env {shlex.quote(f'MEMORY_FILE_PATH={file}')} {npm('memory')}"
    return RealServer("memory", command, 9, "search_nodes", {"query": "lamp"}, NOTE)


def thinking(_folder: Path) -> RealServer:
    thought = {"thought": "Look first.", "thoughtNumber": 1, "totalThoughts": 2}
    args = {**thought, "nextThoughtNeeded": True}
    command, said = npm("sequential-thinking"), '"thoughtHistoryLength": 1'
    return RealServer("thinking", command, 1, "sequentialthinking", args, said)


def clock(_folder: Path) -> RealServer:
    command = pypi("mcp-server-time", "--local-timezone=UTC")
    args = {"timezone": "Asia/Tokyo"}
    return RealServer("clock", command, 2, "get_current_time", args, "Asia/Tokyo")


def git(folder: Path) -> RealServer:
    who = ["-c", "user.name=Olga", "-c", "user.email=olga@harbourfinch.example"]
    for command in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", NOTE]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    args = {"repo_path": str(folder), "max_count": 1}
    return RealServer("git", pypi("mcp-server-git"), 12, "git_log", args, NOTE)


def fetch(folder: Path) -> RealServer:
    note(folder)
    with_address = {"url": f"{pages_of(folder)}/note.txt"}
    command = pypi("mcp-server-fetch", "--allow-private-ips")
    return RealServer("fetch", command, 1, "fetch", with_address, NOTE, asks=True)


def sqlite(folder: Path) -> RealServer:
    command = older("mcp-server-sqlite", "--db-path", str(folder / "shop.db"))
    args = {"query": "select 6 * 7 as answer"}
    return RealServer("sqlite", command, 6, "read_query", args, "42")


def duckdb(folder: Path) -> RealServer:
    command = older("mcp-server-duckdb", "--db-path", str(folder / "shop.duckdb"))
    return RealServer("duckdb", command, 1, "query", {"query": "select 6 * 7 as answer"}, "42")


def calculator(_folder: Path) -> RealServer:
    command = older("mcp-server-calculator")
    return RealServer("calculator", command, 1, "calculate", {"expression": "6 * 7"}, "42")


def editor(folder: Path) -> RealServer:
    args: dict[str, Json] = {"files": [{"file_path": str(note(folder)), "ranges": [{"start": 1}]}]}
    command = older("mcp-text-editor")
    return RealServer("editor", command, 2, "get_text_file_contents", args, NOTE)


def meddled(command: str, file: Path) -> str:
    """The command of a server whose list of tools is changed on the way as the file says."""
    return shlex.join([sys.executable, str(MEDDLER), str(file), *shlex.split(command)])


ALL: tuple[Callable[[Path], RealServer], ...] = (
    everything,
    filesystem,
    memory,
    thinking,
    clock,
    git,
    fetch,
    sqlite,
    duckdb,
    calculator,
    editor,
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Nothing: what it serves is no finding."""


_served: dict[Path, str] = {}


def pages_of(folder: Path) -> str:
    """The address at which a folder's files are served while the tests last."""
    if folder not in _served:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        Thread(target=server.serve_forever, daemon=True).start()
        _served[folder] = f"http://127.0.0.1:{server.server_port}"
    return _served[folder]
