"""What became of a run's calls and undos, read out of its events. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.chaos.findings import Call
from runs.engine.ids import idempotency_key, undo_key

HAPPENED: Mapping[str, bool | None] = {"yes": True, "no": False}


@dataclass
class CallStory:
    """The calls of a run by idempotency key, filled in as its events are heard in their order."""

    run: str
    calls: dict[str, Call] = field(default_factory=dict)

    def hear(self, kind: str, tool: str, outcome: str, data: Mapping[str, Any]) -> None:
        """Take in one event. `data` is the event's own, as the journal keeps it."""
        match kind:
            case "call.intended" | "undo.intended":
                self.tell(kind, tool, data, happened=None)
            case "call.returned" | "undo.returned" if outcome == "ok":
                self.tell(kind, tool, data, happened=True)
            case "call.looked_up" | "call.settled":
                self.tell(kind, tool, data, happened=HAPPENED.get(str(data["happened"])))

    def tell(self, kind: str, tool: str, data: Mapping[str, Any], *, happened: bool | None) -> None:
        undo = kind.startswith("undo") or bool(data.get("undo"))
        key = (undo_key if undo else idempotency_key)(self.run, str(data["call"]))
        self.calls[key] = Call(key, f"undo {tool}" if undo else tool, happened)


def calls(run: str, events: Iterable[tuple[str, str, str, Mapping[str, Any]]]) -> list[Call]:
    """The calls of a run, from its events in their order as (kind, tool, outcome, data)."""
    story = CallStory(run)
    for event in events:
        story.hear(*event)
    return list(story.calls.values())
