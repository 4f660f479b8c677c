"""What is the matter with tool servers, as the console last saw them: a sentence each, for every
page that speaks of their tools.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from console.outside import visible
from runs.models import McpServer, ServedTool

MOST_NAMED = 5
HELD = (
    "Held, since nobody has looked at a change of the server's yet: {tools}. No run calls what is"
    " held. Look at the change on the Tools page, then accept it or leave it."
)


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
    """A server that cannot be reached is told as such; of another, what was left out of it and what
    of it is held.
    """
    asked = list(servers)
    held = held_of(asked)
    return [
        ServerTrouble(server.name, server.pk, sentence)
        for server in asked
        for sentence in (
            [server.trouble] if server.trouble else [*server.left_out, *held.get(server.pk, ())]
        )
    ]


def held_of(servers: Iterable[McpServer]) -> dict[int, list[str]]:
    """A sentence for each server of which something is held."""
    rows = ServedTool.objects.filter(server__in=servers, gone=False, left_out_by="")
    waiting = rows.exclude(digest=F("accepted_digest")).values_list("server_id", "name")
    names: dict[int, list[str]] = {}
    for server, name in waiting.order_by("server_id", "name"):
        names.setdefault(server, []).append(visible.line(name))
    return {server: [HELD.format(tools=listed(found))] for server, found in names.items()}


def listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
