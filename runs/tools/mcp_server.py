"""An MCP server as a snapshot declares it, and what can go wrong with it.

Light: the SDK is not imported here.
"""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from console.json_value import Json
from console.outside import addresses, variables
from runs.engine.engine_errors import BETWEEN, ToolError

STDIO = "stdio"
HTTP = "http"
SSE = "sse"
BY_ADDRESS = frozenset({HTTP, SSE})


class ServerUnavailable(ToolError):
    """An MCP server that cannot be reached, or was lost during a call. Says which, and what it said
    last.
    """


@dataclass(frozen=True, slots=True)
class DeclaredServer:
    """How to reach a server, and what an admin says about its tools.

    Holds names of variables, never their values.

    `hints` are what it said of its tools when the console last looked, as an admin saw it; they
    count only with `trust_hints`. `per_run`: each run has a process or a connection of its own.
    `recorded`: it is a row of the house, so what it defines is on record too.
    """

    name: str
    transport: str = STDIO
    command: str = ""
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    trust_hints: bool = False
    hints: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    per_run: bool = False
    recorded: bool = False

    @property
    def key(self) -> str:
        """Equal for declarations that reach one process; overrides change no process."""
        return json.dumps(
            [self.name, self.transport, self.command, self.url, sorted(self.environment.items())]
        )


def declared(raw: Mapping[str, Json]) -> DeclaredServer:
    """The server that a snapshot declares."""
    return DeclaredServer(
        name=str(raw["name"]),
        transport=str(raw.get("transport") or STDIO),
        command=str(raw.get("command") or ""),
        url=str(raw.get("url") or ""),
        environment={
            str(name): str(variable) for name, variable in (raw.get("environment") or {}).items()
        },
        overrides=raw.get("overrides") or {},
        trust_hints=bool(raw.get("trust_hints")),
        hints=raw.get("hints") or {},
        per_run=bool(raw.get("per_run")),
        recorded="hints" in raw,
    )


def problem(server: DeclaredServer, environment: Mapping[str, str] = os.environ) -> str | None:
    """Why this declaration cannot work at all, as a sentence, or None."""
    fitting = (
        addresses.problem(server.url)
        if server.transport in BY_ADDRESS
        else _command_problem(server.command)
    )
    host = urlsplit(server.url).hostname if not fitting and server.url else ""
    if refused := variables.problem(server.environment.values(), environment, host=host or ""):
        return f"MCP server {server.name}: {refused}"
    missing = sorted(
        variable for variable in server.environment.values() if variable not in environment
    )
    if not fitting and missing:
        names = ", ".join(missing)
        fitting = (
            f"is handed variables that are not set here: {names}. Set them where the workers start,"
            " then restart those"
        )
    return f"MCP server {server.name} {fitting}." if fitting else None


def _command_problem(command: str) -> str:
    try:
        return "" if shlex.split(command) else "needs a command to start"
    except ValueError as error:
        return f"has a command that cannot be read ({error})"


def handed_on(
    server: DeclaredServer, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The variables that the server is given: values by the names under which it knows them."""
    return {
        name: environment[variable]
        for name, variable in server.environment.items()
        if variable in environment
    }


def search_path(executable: str, environment: Mapping[str, str] = os.environ) -> str:
    """PATH with this environment's own scripts last, so that a server from `pip install` is found
    without activation.
    """
    return os.pathsep.join(
        filter(None, (environment.get("PATH", ""), str(Path(executable).parent)))
    )


UNSURE = BETWEEN | {500}
"""Statuses without a word of the protocol after which nobody knows whether a call was made."""
REMEDIES: Mapping[int, str] = {
    401: "wants a key. Name the variable that holds it, under the header the server reads it from;"
    " in Authorization its value begins with “Bearer ”",
    403: "does not let this key in. Ask its owner what the key may do",
    404: "has nothing at this address. Look at the path of its URL",
    405: "does not take requests this way. It may speak the older SSE transport: ask its owner for"
    " its address for streamable HTTP",
    407: "stands behind a proxy that wants a key",
    429: "is asked too often. Try again later",
}


def refusal(status: int) -> str:
    """What a status over HTTP says, with what can be done about it; goes on after the name."""
    broken = "is broken or too busy. Ask its owner" if status >= 500 else "refuses what it is asked"
    return f"answers {status}: it {REMEDIES.get(status, broken)}."
