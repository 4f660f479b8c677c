"""Stands between a console and a real MCP server over stdio, and changes its list of tools on the
way as a file says at that moment: `python meddler.py FILE COMMAND…`.

`described` gives tools another description, `broken` takes their schemas away. When the file has
changed, the console is told that the list has.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

FILE = Path(sys.argv[1])
CHANGED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def passed_on(to: IO[bytes]) -> None:
    """What the console says, as it says it."""
    told = FILE.read_bytes()
    for line in sys.stdin.buffer:
        if FILE.read_bytes() != told:
            told = FILE.read_bytes()
            say(CHANGED)
        to.write(line)
        to.flush()
    to.close()


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def meddled(message: dict[str, Any]) -> dict[str, Any]:
    how = json.loads(FILE.read_text(encoding="utf-8"))
    for tool in (message.get("result") or {}).get("tools") or []:
        tool["description"] = how.get("described", {}).get(tool["name"], tool.get("description"))
        if tool["name"] in how.get("broken", []):
            del tool["inputSchema"]
    return message


if __name__ == "__main__":
    with subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        threading.Thread(target=passed_on, args=[server.stdin], daemon=True).start()
        for line in server.stdout:
            say(meddled(json.loads(line)))
