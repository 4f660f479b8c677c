"""The schema by which a request's arguments are edited. Only tools declared in the house: a page
never waits for a tool server.
"""

from collections.abc import Mapping
from typing import Any

from approvals.models import Request
from runs.runtime import loop
from runs.runtime.dependencies import dependencies

TIMEOUT = 5.0


def schema_of(request: Request) -> Mapping[str, Any]:
    """The tool's schema; empty when only a server knows it, and then the form goes by the values
    themselves.
    """
    snapshot = {**request.run.snapshot, "mcp_servers": []}
    tool = loop.run(dependencies().toolbox(snapshot), TIMEOUT).find(request.tool)
    return tool.spec.schema if tool else {}
