"""What channels tell of runs besides requests: that one ended, or stands still until a person acts.
Pure; nothing here names a tool, a goal or a result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import StopReason, Waiting


class News(StrEnum):
    """What a channel may be told of."""

    REQUESTED = "approval.requested"
    ENDED = "run.ended"
    WAITING = "run.waiting"


def requests_only() -> list[str]:
    """What a channel is told of unless somebody chooses otherwise."""
    return [News.REQUESTED.value]


TITLES: Mapping[str, str] = {
    News.REQUESTED: "requests that people decide",
    News.ENDED: "runs that ended",
    News.WAITING: "runs that stand still until a person acts",
}
WAITS: Mapping[str, str] = {
    Waiting.APPROVAL: "A call needs approval",
    Waiting.IN_DOUBT: "A call is in doubt",
}


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in a message. `reason` is a stop reason, or what it waits for; `usd` is money as
    text, and not all of it when `unpriced`.
    """

    id: str
    agent: str
    reason: str
    at: datetime
    usd: str
    link: str
    unpriced: bool = False

    @property
    def title(self) -> str:
        if self.reason in WAITS:
            return WAITS[self.reason]
        known = self.reason in StopReason.__members__.values()
        return EXPLANATIONS[StopReason(self.reason)].title if known else "Stopped"

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "agent": self.agent,
            "reason": self.reason,
            "title": self.title,
            "at": self.at.isoformat(),
            "usd": self.usd,
            "usd_unknown": self.unpriced,
            "link": self.link,
        }


def subject(news: News, lines: Sequence[RunLine]) -> str:
    if len(lines) == 1:
        what = "" if news is News.ENDED else " needs a person"
        return f"{lines[0].agent}{what}: {lines[0].title}"
    return f"{len(lines)} runs {'ended' if news is News.ENDED else 'need a person'}"


def told(line: RunLine) -> str:
    return f"{line.agent}: {line.title} · ${line.usd}{' and more' if line.unpriced else ''}"
