"""What a tool server says, made fit for the SDK: what in a list is no tool is left out and named,
what in a result is no part is kept and marked, and its errors stay its own.
"""

import json
from typing import Any

from mcp.shared.message import SessionMessage
from mcp.types import (
    CONNECTION_CLOSED,
    ErrorData,
    JSONRPCError,
    JSONRPCNotification,
    JSONRPCResponse,
    Tool,
)
from mcp_types import methods
from pydantic import ValidationError

from console.outside import confidential, visible
from runs.tools import mcp_results

Incoming = SessionMessage | Exception
LISTING, REVISION = "tools/list", "2025-11-25"
CHANGED = "notifications/tools/list_changed"
LONGEST_NAME, LONGEST_WHY = 128, 500
MOST_NAMED = 20
OF_THE_SERVER = -32_099
"""In place of the code with which the SDK says that a connection is gone, when it is the server
that says something with it: most libraries answer any refusal so.
"""
STATUS = "signalbox/status"
"""Where an error says with which status over HTTP it came."""
OF_THE_SDK = ("SSE stream ", "Connection closed")


class LeftOut:
    """The sentences about tools that were left out, by name; the last listing's word counts.

    `changed` once the server has said that its list is another one now.
    """

    def __init__(self) -> None:
        self.sentences: dict[str, str] = {}
        self.changed = False

    def sieved(self, message: Incoming) -> Incoming:
        """The message; of a list of tools only what is one."""
        if isinstance(message, ValidationError):
            message = understood(message)
        answer = message.message if isinstance(message, SessionMessage) else None
        if isinstance(answer, JSONRPCError):
            own(answer)
        elif isinstance(answer, JSONRPCResponse):
            self._answer(answer.result)
        elif isinstance(answer, JSONRPCNotification) and answer.method == CHANGED:
            self.changed = True
        return message

    def _answer(self, result: dict[str, Any]) -> None:
        if "tools" not in result or "content" in result:
            mcp_results.sieve(result)
            return
        offered = result["tools"] if isinstance(result["tools"], list) else [result["tools"]]
        result["tools"] = [each for each in offered if self._fits(each)]
        if not isinstance(result.get("nextCursor"), str | None):
            result["nextCursor"] = str(result["nextCursor"])

    def name(self, tool: str, why: str) -> None:
        """One more that is left out."""
        if len(self.sentences) < MOST_NAMED:
            shown = confidential.shortened(tool, LONGEST_NAME)
            said = visible.line(confidential.shortened(why, LONGEST_WHY)).rstrip(".")
            self.sentences[shown] = f"{visible.line(shown)} is left out: {said}."

    def _fits(self, raw: Any) -> bool:
        name = (
            str(raw.get("name") or "(without a name)")
            if isinstance(raw, dict)
            else "(not an object)"
        )
        if wrong := flaw(raw):
            self.name(name, wrong)
        return not wrong


def own(error: JSONRPCError) -> None:
    """An error that the server itself gave is not taken for the end of the connection."""
    told = error.error
    if told.code == CONNECTION_CLOSED and not told.message.startswith(OF_THE_SDK):
        error.error = told.model_copy(update={"code": OF_THE_SERVER})


def state(error: JSONRPCError, status: int) -> None:
    """Put the status under which an error came beside what it says."""
    told = error.error
    beside = told.data if isinstance(told.data, dict) else {"message": told.data}
    error.error = told.model_copy(update={"data": {**beside, STATUS: status}})


def stated(data: Any) -> int:
    """The status that `state` put there; 0 where there is none."""
    return int(data.get(STATUS, 0)) if isinstance(data, dict) else 0


def understood(unreadable: ValidationError) -> Incoming:
    """An answer that is none of the protocol's, as what its server must have meant by it: whoever
    asked would otherwise wait for it in vain. What is no answer to anything stays unreadable.
    """
    raw: dict[str, Any] = next((each["input"] for each in unreadable.errors() if whole(each)), {})
    if not isinstance(number := raw.get("id"), int | str) or "method" in raw:
        return unreadable
    if (told := raw.get("error")) is not None or "result" not in raw:
        error = ErrorData(code=OF_THE_SERVER, message=words_of(told))
        return SessionMessage(JSONRPCError(jsonrpc="2.0", id=number, error=error))
    result = raw["result"]
    if not isinstance(result, dict):
        result = {"content": [mcp_results.odd(result, "an answer that is no object")]}
    return SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=number, result=result))


def whole(found: Any) -> bool:
    """Whether a finding of the SDK's holds the whole message."""
    return isinstance(found["input"], dict) and len(found["loc"]) == 2 and "id" in found["input"]


def words_of(told: Any) -> str:
    """The words of an error, however it is put."""
    if isinstance(told, dict):
        told = told.get("message") or told
    if told is None:
        return "it answered with neither a result nor an error"
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)


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
    if confidential.current().text(name) != name:
        return "its name holds a secret of this house"
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
