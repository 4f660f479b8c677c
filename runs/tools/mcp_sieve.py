"""What of a tool server's list is no tool: left out and named before the SDK, which would refuse
the whole list, sees it.
"""

from typing import Any

from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCResponse, Tool
from mcp_types import methods
from pydantic import ValidationError

from console.outside import visible

Incoming = SessionMessage | Exception
LISTING, REVISION = "tools/list", "2025-11-25"
LONGEST_NAME = 128
MOST_NAMED = 20


class LeftOut:
    """The sentences about tools that were left out, by name; the last listing's word counts."""

    def __init__(self) -> None:
        self.sentences: dict[str, str] = {}

    def sieved(self, message: Incoming) -> Incoming:
        """The message; of a list of tools only what is one."""
        answer = message.message if isinstance(message, SessionMessage) else None
        if (
            isinstance(answer, JSONRPCResponse)
            and isinstance(answer.result.get("tools"), list)
            and "content" not in answer.result
        ):
            answer.result["tools"] = [each for each in answer.result["tools"] if self._fits(each)]
        return message

    def _fits(self, raw: Any) -> bool:
        name = (
            str(raw.get("name") or "(without a name)")
            if isinstance(raw, dict)
            else "(not an object)"
        )
        wrong = flaw(raw)
        if wrong and len(self.sentences) < MOST_NAMED:
            self.sentences[name[:LONGEST_NAME]] = (
                f"{visible.line(name[:LONGEST_NAME])} is left out: {wrong}."
            )
        return not wrong


def flaw(raw: Any) -> str:
    """Why this is no tool that could be offered to a planner, in words; empty when it is one."""
    if not isinstance(raw, dict):
        return "it is no object"
    name, schema = raw.get("name"), raw.get("inputSchema")
    if (
        not isinstance(name, str)
        or not 0 < len(name) <= LONGEST_NAME
        or visible.differs(name)
        or name.split() != [name]
    ):
        return f"its name is not a word of at most {LONGEST_NAME} characters that can be seen"
    if not isinstance(schema, dict) or schema.get("type") != "object":
        return "its input schema is not one of an object"
    try:
        methods.validate_server_result(LISTING, REVISION, {"tools": [raw]})
        Tool.model_validate(raw, by_name=False)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = [part for part in first["loc"] if isinstance(part, str) and part != "tools"]
        return f"{'.'.join(place[-2:])}: {first['msg'].lower()}"
    return ""
