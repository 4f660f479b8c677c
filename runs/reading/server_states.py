"""How an MCP server is, as the console last saw it: a word with an icon and a tone, and what can be
done about it. Pure.
"""

from collections.abc import Sequence

from runs.models import McpServer, ServedTool
from runs.reading.pills import Pill

OFF = Pill("circle-dashed", "Switched off", "ended", "No run has its tools.")
NEW = Pill("clock", "Not asked yet", "ended", "Nobody has asked it for its tools so far.")
WORKING = Pill("circle-check", "Working", "running", "It gave its tools when it was last asked.")
EMPTY = Pill("triangle-alert", "No tools", "person", "It offers none, so agents gain nothing.")


def state_of(server: McpServer, tools: Sequence[ServedTool]) -> Pill:
    """The worst that is known of it, since that is what somebody has to act on."""
    there = [tool for tool in tools if not tool.gone]
    if not server.enabled:
        return OFF
    if server.trouble:
        return Pill("unplug", "Not reached", "bad", server.trouble)
    if count := sum(tool.held and not tool.left_out_by for tool in there):
        sentence = "No run calls what is held. Look at the change, then accept it or leave it."
        return Pill("lock", f"{count} held", "person", sentence)
    if server.left_out:
        sentence = "What is left out cannot be offered to a model; its owner can mend that."
        return Pill("triangle-alert", f"{len(server.left_out)} left out", "person", sentence)
    if not there:
        return EMPTY if server.tried_at else NEW
    return WORKING
