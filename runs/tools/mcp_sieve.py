"""What a tool server says, made fit for the SDK: what in a list is no tool is left out and named,
what in a result is no part is kept and marked, and its errors stay its own.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from mcp.shared.message import SessionMessage
from mcp.types import (
    CONNECTION_CLOSED,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCResponse,
    Tool,
    jsonrpc_message_adapter,
)
from mcp_types import methods
from pydantic import ValidationError

from console.outside import confidential, visible
from runs.tools import mcp_greeting, mcp_results

Incoming = SessionMessage | Exception
BESIDE = ("outputSchema", "annotations", "icons", "execution", "title", "description", "_meta")
"""What a tool may say beside its name and its input: where that is wrong, the tool is none the
worse.
"""
LISTING, REVISION = "tools/list", "2025-11-25"
CHANGED = "notifications/tools/list_changed"
LONGEST_NAME, LONGEST_WHY = 128, 500
MOST_NAMED = 20
LONGEST_WORDS_BEFORE, MOST_BEGINNINGS = 4_096, 5
"""How far into a line, and at how many places, a message is looked for behind other words."""
OF_THE_SERVER = -32_099
"""In place of the code with which the SDK says that a connection is gone, when it is the server
that says something with it: most libraries answer any refusal so.
"""
STATUS, AGAIN = "signalbox/status", "retryAfter"
"""Where an error says with which status over HTTP it came, and when to come back."""
OF_THE_SDK = ("SSE stream ", "Connection closed")


ENDLESS = "signalbox: a line without an end"
"""What this side puts in the place of a line that is longer than any answer."""


class LineWithoutEnd(Exception):
    """What follows on the stream is the rest of a line that nobody reads."""


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
        if "serverInfo" in result or "protocolVersion" in result:
            mcp_greeting.mend(result)
            return
        if "tools" not in result or "content" in result:
            mcp_results.sieve(result)
            return
        offered = result["tools"] if isinstance(result["tools"], list) else [result["tools"]]
        result["tools"] = [each for each in offered if self._fits(each)]
        cursor = result.get("nextCursor")
        if cursor in ("", False):  # there is no more, in the words of some
            result["nextCursor"] = None
        elif not isinstance(cursor, str | None):
            result["nextCursor"] = str(cursor)

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
        for part in BESIDE if isinstance(raw, dict) else ():
            if part in raw and (wrong := flaw_of(part, raw[part])):
                del raw[part]
                self.name(f"{name}.{part}", wrong)
        if wrong := flaw(raw):
            self.name(name, wrong)
        return not wrong


def own(error: JSONRPCError) -> None:
    """An error that the server itself gave is not taken for the end of the connection."""
    told = error.error
    if told.code == CONNECTION_CLOSED and not told.message.startswith(OF_THE_SDK):
        error.error = told.model_copy(update={"code": OF_THE_SERVER})


def state(error: JSONRPCError, status: int, again: str = "") -> None:
    """Put the status under which an error came, and its header that says when to come back, beside
    what it says.
    """
    told = error.error
    beside = told.data if isinstance(told.data, dict) else {"message": told.data}
    when = {AGAIN: again} if again else {}
    error.error = told.model_copy(update={"data": {**beside, **when, STATUS: status}})


def stated(data: Any) -> int:
    """The status that `state` put there; 0 where there is none."""
    return int(data.get(STATUS, 0)) if isinstance(data, dict) else 0


def understood(unreadable: ValidationError) -> Incoming:
    """An answer that is none of the protocol's, as what its server must have meant by it: whoever
    asked would otherwise wait for it in vain. What is no answer to anything stays unreadable.
    """
    found = unreadable.errors(include_url=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        return reread(unreadable, str(found[0]["input"]))
    if isinstance(several := found[0]["input"], list):
        return of_batch(several) or unreadable
    raw: dict[str, Any] = next((each["input"] for each in found if whole(each)), {})
    number = raw.get("id")
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if not isinstance(number, int | str) or "method" in raw:
        return unreadable
    if (told := raw.get("error")) is not None or "result" not in raw:
        error = ErrorData(code=OF_THE_SERVER, message=words_of(told))
        return SessionMessage(JSONRPCError(jsonrpc="2.0", id=number, error=error))
    result = raw["result"]
    if not isinstance(result, dict):
        result = {"content": [mcp_results.odd(result, "an answer that is no object")]}
    return SessionMessage(JSONRPCResponse(jsonrpc="2.0", id=number, result=result))


class PatientReader:
    """Reads what comes over HTTP as the SDK's own reader does, and as `understood` does where that
    one gives up: there, no words of an answer would be left.
    """

    def validate_json(self, content: str | bytes, **how: Any) -> JSONRPCMessage:
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        try:
            return jsonrpc_message_adapter.validate_json(text, **how)
        except ValidationError as error:
            meant = understood(error)
            if not isinstance(meant, SessionMessage):
                raise
            return meant.message


def reread(unreadable: ValidationError, line: str) -> Incoming:
    """The message of a line that the SDK's reader does not take: one that stands behind other
    words, holds half of a character, or is nested deeper than that reader goes.
    """
    if line == ENDLESS:
        return LineWithoutEnd()
    raw = next(filter(None, map(message_in, tails(line))), None)
    if raw is None:
        return unreadable
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_python(raw, by_name=False))
    except ValidationError as error:
        return understood(error)


def of_batch(several: list[Any]) -> Incoming | None:
    """The answer in a list of messages, which one protocol had for a while: each of ours asks one
    thing.
    """
    answers = (each for each in several if isinstance(each, dict) and "method" not in each)
    for each in answers:
        try:
            return SessionMessage(jsonrpc_message_adapter.validate_python(each, by_name=False))
        except ValidationError as error:
            return understood(error)
    return None


def tails(line: str) -> Iterator[str]:
    """The line from each place on where an object may begin, among its first ones."""
    places = islice(re.finditer(r'\{\s*"', line[:LONGEST_WORDS_BEFORE]), MOST_BEGINNINGS)
    return (line[place.start() :] for place in places)


def message_in(text: str) -> dict[str, Any] | None:
    """The message of the protocol that this text is, in whole characters; None when it is none."""
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.get("jsonrpc") != "2.0":
            return None
        halves = json.dumps(raw, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        mended: dict[str, Any] = json.loads(halves.decode("utf-16-le", "replace"))
    except (ValueError, RecursionError):
        return None
    return mended


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


def flaw_of(part: str, said: Any) -> str:
    """Why what a tool says in one of the parts that it need not have is none, in words."""
    return unfit({"name": "tool", "inputSchema": {"type": "object"}, part: said})


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
    return unfit(raw)


def unfit(raw: dict[str, Any]) -> str:
    """Why a tool is not as the protocol has them; empty when it is."""
    try:
        methods.validate_server_result(LISTING, REVISION, {"tools": [raw]})
        Tool.model_validate(raw, by_name=False)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = [part for part in first["loc"] if isinstance(part, str) and part != "tools"]
        return f"{'.'.join(place[-2:])}: {first['msg'].lower()}"
    return ""
