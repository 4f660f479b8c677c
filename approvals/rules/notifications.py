"""The text of a notification, and the signature of a webhook. Pure; the links are given, and
nothing in them decides anything.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from console.outside import visible

MOST_LISTED = 8
ATTEMPTS = 8
LONGEST_WAIT = 900


@dataclass(frozen=True, slots=True)
class NotificationLine:
    """One request in a notification. `pieces` are its words, side by side."""

    id: int
    agent: str
    tool: str
    words: str
    risk: str
    expires: str
    link: str
    pieces: tuple[str, ...] = ()

    @property
    def apart(self) -> str:
        """Its words, each piece set apart from the others, since a planner or a tool wrote some of
        them.
        """
        return "".join(visible.apart(piece) for piece in self.pieces or (self.words,))


def subject(lines: Sequence[NotificationLine]) -> str:
    if len(lines) == 1:
        return f"{visible.apart(lines[0].agent)} needs a person: {lines[0].apart}"
    return f"{len(lines)} requests need a person"


def told(line: NotificationLine) -> str:
    risk = f" ({line.risk})" if line.risk else ""
    expires = f" Expires {line.expires}." if line.expires else ""
    return f"{visible.apart(line.agent)}: {line.apart}{risk}.{expires}"


def text(lines: Sequence[NotificationLine], queue: str) -> str:
    """The body of an e-mail: each request with the way to its card."""
    listed = [f"{told(line)}\n{line.link}" for line in lines[:MOST_LISTED]]
    more = [f"and {len(lines) - MOST_LISTED} more: {queue}"] if len(lines) > MOST_LISTED else []
    return "\n\n".join(
        [*listed, *more, "These links lead to the card; nothing is decided by following them."]
    )


def payload(lines: Sequence[NotificationLine], queue: str) -> bytes:
    """A webhook's body as Slack takes it, with plain facts for other receivers. `verbatim`: nothing
    in a planner's words becomes a link or a mention.
    """
    listed = [f"• {escaped(told(line))} <{line.link}|Look at it>" for line in lines[:MOST_LISTED]]
    more = (
        [f"and {len(lines) - MOST_LISTED} more: <{queue}|the queue>"]
        if len(lines) > MOST_LISTED
        else []
    )
    body: dict[str, Any] = {
        "text": escaped(subject(lines)),
        "mrkdwn": False,
        "blocks": [
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "\n".join([*listed, *more]), "verbatim": True},
            }
        ],
        "signalbox": {
            "kind": "approval.requested",
            "requests": [
                {"id": line.id, "tool": visible.told(line.tool), "link": line.link}
                for line in lines
            ],
        },
    }
    return json.dumps(body).encode()


def escaped(words: str) -> str:
    """The words without Slack's markup, which a planner's words must not use."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0=` and HMAC-SHA256 of `v0:timestamp:body`, as Slack signs its own."""
    return (
        "v0="
        + hmac.new(
            secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256
        ).hexdigest()
    )


def wait(attempts: int) -> int | None:
    """Seconds until the next attempt after so many failed ones; None when there is none."""
    return min(2**attempts, LONGEST_WAIT) if attempts < ATTEMPTS else None
