"""A run's context in the words of the provider library: messages, tools, and tool names that every
provider takes.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.tools import ToolDefinition

from runs.engine.ports import Call, Message, Role, ToolSpec

NOT_ALLOWED: Final = re.compile(r"[^a-zA-Z0-9_-]")
LONGEST_NAME: Final = 64
NOTHING: Final = "(nothing)"
UNANSWERED: Final = "(no result: the call was not made)"


@dataclass(frozen=True, slots=True)
class Names:
    """Tool names on the wire, where only letters, digits, `_` and `-` are allowed, and back."""

    wire: Mapping[str, str]

    def to_wire(self, name: str) -> str:
        return self.wire.get(name) or NOT_ALLOWED.sub("_", name)[:LONGEST_NAME] or "_"

    def from_wire(self, name: str) -> str:
        """The tool's own name; a name that was never offered stays as the model wrote it, for the
        gate to refuse.
        """
        return next((own for own, sent in self.wire.items() if sent == name), name)


def names(tools: Iterable[ToolSpec]) -> Names:
    """Each tool's own name where it may stay, else a clean one; two that would become the same are
    told apart by a digest.
    """
    own = {tool.name for tool in tools}
    wire: dict[str, str] = {}
    for name in sorted(own, key=lambda each: (clean(each) != each, each)):
        sent = clean(name)
        if sent in wire.values():
            digest = hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
            sent = f"{sent[: LONGEST_NAME - 9]}_{digest}"
        wire[name] = sent
    return Names(wire)


def clean(name: str) -> str:
    return NOT_ALLOWED.sub("_", name)[:LONGEST_NAME] or "_"


def definitions(tools: Sequence[ToolSpec], named: Names) -> list[ToolDefinition]:
    return [
        ToolDefinition(
            name=named.to_wire(tool.name),
            description=tool.description,
            parameters_json_schema={"type": "object", "properties": {}, **tool.schema},
            # a provider's strict mode rewrites schemas; ours is checked by the gate, as written
            strict=False,
        )
        for tool in tools
    ]


@dataclass
class Conversation:
    """Turns messages into requests and responses.

    Providers insist that each call is answered, and right after it was made.
    """

    named: Names
    turns: list[ModelMessage] = field(default_factory=list)
    answers: list[ModelRequestPart] = field(default_factory=list)
    words: list[ModelRequestPart] = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)

    def add(self, message: Message) -> None:
        text = sendable(message.text)
        match message.role:
            case Role.ASSISTANT:
                self.close_request()
                self.respond(text, message.calls)
            case Role.TOOL if message.call_id in self.open:
                self.answers.append(
                    ToolReturnPart(self.open.pop(message.call_id), text or NOTHING, message.call_id)
                )
            case Role.SYSTEM if not self.turns and not self.words:
                self.words.append(SystemPromptPart(text))
            case _:
                self.words.append(UserPromptPart(text or NOTHING))

    def respond(self, text: str, calls: Sequence[Call]) -> None:
        parts: list[ModelResponsePart] = [TextPart(text)] if text.strip() else []
        for call in calls:
            self.open[call.id] = name = self.named.to_wire(call.tool)
            parts.append(
                ToolCallPart(
                    name, call.args if isinstance(call.args, str) else dict(call.args), call.id
                )
            )
        if parts:
            self.turns.append(ModelResponse(parts=parts))

    def close_request(self) -> None:
        """Ends what was said to the model: results first,
        calls without one answered all the same."""
        self.answers.extend(
            ToolReturnPart(name, UNANSWERED, call) for call, name in self.open.items()
        )
        if self.answers or self.words:
            self.turns.append(ModelRequest(parts=[*self.answers, *self.words]))
        self.answers, self.words, self.open = [], [], {}


def conversation(messages: Iterable[Message], named: Names) -> list[ModelMessage]:
    talk = Conversation(named)
    for message in messages:
        talk.add(message)
    talk.close_request()
    return talk.turns


def sendable(text: str) -> str:
    """Text that survives UTF-8: a lone surrogate would break the request."""
    return text.encode("utf-8", "replace").decode("utf-8")
