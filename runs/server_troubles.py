"""What is the matter with tool servers, as the console last saw them: a sentence each, for every
page that speaks of their tools.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from runs.models import McpServer


@dataclass(frozen=True, slots=True)
class ServerTrouble:
    """One sentence about the server of this name and row."""

    server: str
    pk: int
    sentence: str


def in_use() -> list[ServerTrouble]:
    """The troubles of all servers that are switched on."""
    return found(McpServer.objects.filter(enabled=True).order_by("name"))


def found(servers: Iterable[McpServer]) -> list[ServerTrouble]:
    """A server that cannot be reached is told as such; of another, what was left out of it."""
    return [
        ServerTrouble(server.name, server.pk, sentence)
        for server in servers
        for sentence in ([server.trouble] if server.trouble else server.left_out)
    ]
