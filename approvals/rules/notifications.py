"""The text of a notification, and the signature of a webhook. Pure; the links are given, and
nothing in them decides anything.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.rules import run_news
from approvals.rules.run_news import News, RunLine
from console.outside import visible

MOST_LISTED = 8
LINKS = (
    "These links lead to the card; nothing is decided by following them. Whoever is signed out"
    " signs in first, and comes to the card then."
)
ATTEMPTS = 8
LONGEST_WAIT = 900
GLANCED = 3
LONGEST_TITLE, LONGEST_GLANCE = 120, 480


@dataclass(frozen=True, slots=True)
class NotificationLine:
    """One request in a notification. `pieces` are its words, side by side; `why` is the sentence of
    the policy, or of what paused the run; `group` is whose members are asked.
    """

    id: int
    agent: str
    tool: str
    words: str
    risk: str
    expires: str
    link: str
    pieces: tuple[str, ...] = ()
    why: str = ""
    group: str = ""

    @property
    def apart(self) -> str:
        """A message's words, each piece set apart from the others, since a planner or a tool wrote
        some of them.
        """
        return "".join(visible.apart(piece) for piece in self.pieces or (self.words,))


@dataclass(frozen=True, slots=True)
class Glance:
    """What a browser shows for a moment, on a locked screen as well. `link` is where a click leads
    to, within the console.
    """

    title: str
    words: str
    link: str

    @property
    def body(self) -> bytes:
        """At most 2,600 bytes, since each character is four of them at most, and a link a few."""
        facts = {
            "title": self.title[:LONGEST_TITLE],
            "body": self.words[:LONGEST_GLANCE],
            "link": self.link,
        }
        return json.dumps(facts, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: an e-mail's subject and text, a webhook's body, or what a browser shows."""

    subject: str
    text: str
    body: bytes
    glance: Glance


def of_requests(lines: Sequence[NotificationLine], queue: str) -> Message:
    return Message(subject(lines), text(lines, queue), payload(lines, queue), glance(lines, queue))


def glance(lines: Sequence[NotificationLine], queue: str) -> Glance:
    """One request with its words and the way to its card; of several the first few, and the way to
    the queue.
    """
    if len(lines) == 1:
        title = f"{visible.apart(lines[0].agent)} needs a person"
        return Glance(title, asked(lines[0]), within(lines[0].link or queue))
    return Glance(subject(lines), at_a_glance([told(line) for line in lines]), within(queue))


def at_a_glance(said: Sequence[str]) -> str:
    more = [f"and {len(said) - GLANCED} more"] if len(said) > GLANCED else []
    return "\n".join([*said[:GLANCED], *more])


def within(link: str) -> str:
    """The link without the console's own address, under which a browser may know another name."""
    return "/" + link.partition("://")[2].partition("/")[2]


def of_runs(news: News, lines: Sequence[RunLine], everything: str) -> Message:
    """The message about runs. All of them are in its facts; its words name the first few."""
    head = visible.apart(run_news.subject(news, lines))
    words = [visible.apart(run_news.told(line)) for line in lines]
    pairs = list(zip(words, lines, strict=True))[:MOST_LISTED]
    left = len(lines) - len(pairs)
    plain = [f"{said}\n{line.link}" for said, line in pairs]
    slack = [f"• {escaped(said)} <{line.link}|Look at it>" for said, line in pairs]
    if left:
        plain.append(f"and {left} more: {everything}")
        slack.append(f"and {left} more: <{everything}|the fleet>")
    facts = {"kind": news.value, "runs": [line.facts for line in lines]}
    at = lines[0].link if len(lines) == 1 else everything
    seen = Glance(head, at_a_glance(words), within(at))
    return Message(head, "\n\n".join(plain), slack_body(head, slack, facts), seen)


def subject(lines: Sequence[NotificationLine]) -> str:
    if len(lines) == 1:
        return f"{visible.apart(lines[0].agent)} needs a person: {lines[0].apart}"
    return f"{len(lines)} requests need a person"


def told(line: NotificationLine) -> str:
    return f"{visible.apart(line.agent)}: {asked(line)}"


def asked(line: NotificationLine) -> str:
    risk = f" ({line.risk})" if line.risk else ""
    expires = f" Expires {line.expires}." if line.expires else ""
    why = f" Why: {visible.apart(line.why.rstrip('.'))}." if line.why else ""
    whom = f" Asked: everybody in {visible.apart(line.group)}." if line.group else ""
    return f"{line.apart}{risk}.{why}{expires}{whom}"


def text(lines: Sequence[NotificationLine], queue: str) -> str:
    """The body of an e-mail: each request with the way to its card."""
    listed = [f"{told(line)}\n{line.link}" for line in lines[:MOST_LISTED]]
    more = [f"and {len(lines) - MOST_LISTED} more: {queue}"] if len(lines) > MOST_LISTED else []
    return "\n\n".join([*listed, *more, LINKS])


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
    facts = {
        "kind": News.REQUESTED.value,
        "requests": [
            {"id": line.id, "tool": visible.told(line.tool), "link": line.link} for line in lines
        ],
    }
    return slack_body(subject(lines), [*listed, *more], facts)


def slack_body(head: str, lines: Sequence[str], facts: Mapping[str, Any]) -> bytes:
    section = {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}
    body = {
        "text": escaped(head),
        "mrkdwn": False,
        "blocks": [{"type": "section", "text": section}],
        "signalbox": facts,
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
