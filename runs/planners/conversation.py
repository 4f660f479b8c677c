"""A run's context as the turns of a conversation, in an order that every provider takes, with tool
names that every provider takes. Pure.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from console.json_value import Json
from policies.json_schema.portable_schema import portable
from runs.engine.ports import ContextMessage, Opaque, Speaker, ToolCall, ToolSpec
from runs.planners.sight import Seen

NOT_ALLOWED: Final = re.compile(r"[^a-zA-Z0-9_-]")
LONGEST_NAME: Final = 64
NOTHING: Final = "(nothing)"
NOTHING_SEEN: Final[Seen] = {}
UNANSWERED: Final = "(no result: the call was not made)"


AROUND: Final = re.compile(r"\A(?:functions|default_api|default_tools|tools)[.:]|:\d{1,4}\Z")
"""The namespace in which templates hold their tools, and the number of a call: some models write
them around a name.
"""


@dataclass(frozen=True, slots=True)
class Names:
    """Tool names on the wire, where only letters, digits, `_` and `-` are allowed, and back."""

    wire: Mapping[str, str]

    def to_wire(self, name: str) -> str:
        return self.wire.get(name) or NOT_ALLOWED.sub("_", name)[:LONGEST_NAME] or "_"

    def from_wire(self, name: str) -> str:
        """The tool's own name, also where a template's marks, the namespace of its tools or a
        call's number were left around it. A name that was never offered stays as the model wrote
        it, for the gate to refuse.
        """
        own = {sent: own for own, sent in self.wire.items()}
        meant = (name, bare := name.partition("<|")[0].strip(), bare.removeprefix("to="))
        spelled = [each for one in meant for each in (one, AROUND.sub("", one))]
        return next((own[each] for each in spelled if each in own), name)


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


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """What the model said: its words, its calls, and what came with them that only its maker
    understands.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    opaque: Opaque | None = None


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture as a model is sent it: of the type `image/…`, its bytes as base64."""

    type: str
    content: str


@dataclass(frozen=True, slots=True)
class CallResult:
    """What came back from the call `call`, as the model reads and sees it."""

    call: str
    text: str
    pictures: tuple[SentPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldTurn:
    """What the model is told next: the results of its calls, then text."""

    results: tuple[CallResult, ...] = ()
    words: tuple[str, ...] = ()


ConversationTurn = ModelTurn | ToldTurn


@dataclass
class Conversation:
    """Turns messages into turns.

    Providers insist that each call is answered, and right after it was made. `seen` are the
    pictures that go with it; of others it is told in words.
    """

    system: str = ""
    turns: list[ConversationTurn] = field(default_factory=list)
    results: list[CallResult] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    seen: Seen = field(default_factory=dict)

    def add(self, message: ContextMessage) -> None:
        text = message.text
        match message.role:
            case Speaker.ASSISTANT:
                self.close_told()
                self.respond(message)
            case Speaker.TOOL if message.call_id in self.open:
                self.open.remove(message.call_id)
                self.results.append(self.result(message))
            case Speaker.SYSTEM if not self.turns and not self.words and not self.system:
                self.system = text
            case _:
                self.words.append(text or NOTHING)

    def result(self, message: ContextMessage) -> CallResult:
        shown = tuple(
            SentPicture(f"image/{each.kind}", self.seen[each.sha256])
            for each in message.pictures
            if each.sha256 in self.seen
        )
        unseen = [
            f"[an image ({each.title}) that this model cannot see]"
            for each in message.pictures
            if each.sha256 not in self.seen
        ]
        text = "\n".join(filter(None, (message.text, *unseen)))
        return CallResult(message.call_id, text or NOTHING, shown)

    def respond(self, message: ContextMessage) -> None:
        said = message.text if message.text.strip() else ""
        self.asked = [call.id for call in message.calls]
        self.open = [*self.asked]
        if said or message.calls:
            self.turns.append(ModelTurn(said, message.calls, message.opaque))

    def close_told(self) -> None:
        """End what is told to the model: results first, in the order of their calls, whichever was
        back first; calls without a result are answered all the same.
        """
        self.results.extend(CallResult(call, UNANSWERED) for call in self.open)
        self.results.sort(key=lambda result: self.asked.index(result.call))
        if self.results or self.words:
            self.turns.append(ToldTurn(tuple(self.results), tuple(self.words)))
        self.results, self.words, self.open = [], [], []


def conversation(messages: Iterable[ContextMessage], seen: Seen = NOTHING_SEEN) -> Conversation:
    talk = Conversation(seen=seen)
    for message in messages:
        talk.add(message)
    talk.close_told()
    return talk


def own_parts(turn: ModelTurn, maker: str) -> Opaque | None:
    """What may be sent back with a turn: only to whoever made it."""
    return turn.opaque if turn.opaque and turn.opaque.maker == maker else None


def parameters(tool: ToolSpec) -> dict[str, Json]:
    """The schema of a tool's arguments, as providers want it."""
    return portable(tool.schema)


def arguments(call: ToolCall) -> dict[str, object]:
    """A call's arguments as an object: servers refuse a history in which they are none."""
    return {"unreadable": call.args} if isinstance(call.args, str) else dict(call.args)


def last_with_calls(turns: Sequence[ConversationTurn]) -> ModelTurn | None:
    """The model's newest turn, if it called tools."""
    newest = next((turn for turn in reversed(turns) if isinstance(turn, ModelTurn)), None)
    return newest if newest and newest.calls else None
