"""The schema a request's arguments are edited by.

What is declared in the house, and what workers saw of servers: a page never waits for one.
"""

from collections.abc import Mapping
from typing import Any

from approvals.models import Request
from runs.runtime import loop
from runs.runtime.dependencies import dependencies
from runs.tools import seen_tools

TIMEOUT = 5.0


def schema_of(request: Request) -> Mapping[str, Any]:
    """Empty when no worker has seen the tool, or it is held: the form then goes by the values
    themselves.
    """
    snapshot = request.run.snapshot
    own = loop.run(dependencies().toolbox({**snapshot, "mcp_servers": []}), TIMEOUT)
    tool = seen_tools.beside(own, snapshot).find(request.tool)
    return tool.spec.schema if tool else {}
