"""Tools: what runs act on the world with.

Declared Python functions, MCP servers, recordings; they know nothing of supervision.
"""

from runs.tools.arguments import problems
from runs.tools.registry import tool
from runs.tools.toolbox import build

__all__ = ["build", "problems", "tool"]
