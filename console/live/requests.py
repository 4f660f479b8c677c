"""What a browser may say on the live socket: which topics it watches, and how far it has read.
Pure.

The socket is read-only; everything else is refused with a sentence, whatever its shape.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console.live import frames

MOST_BYTES = 64 * 1024
MOST_TOPICS = 64
MOST_RUNS = 1_000
MOST_SEQ = 2**63


class BadMessage(ValueError):
    """A message this socket does not take. Carries the sentence for the one who sent it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


READ_ONLY = (
    'This socket only listens. It takes {"watch": [topics], "since": {run: seq}, "at": time} and'
    " nothing else."
)


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """Topics to watch from now on, the last sequence number seen of each run, and when the page was
    last up to date.
    """

    topics: frozenset[str]
    since: Mapping[str, int]
    at: datetime | None


class MessageRate:
    """How many messages a socket may still send: `most` within any `per` seconds, by a monotonic
    clock. A page says one when it has connected, and no more until it connects again.
    """

    def __init__(self, most: int = 10, per: float = 10.0) -> None:
        self._spent: deque[float] = deque(maxlen=most)
        self._per = per

    def spend(self, now: float) -> bool:
        """Whether one more message is within the allowance."""
        full = len(self._spent) == self._spent.maxlen
        if full and now - self._spent[0] < self._per:
            return False
        self._spent.append(now)
        return True


def parse(text: str) -> WatchRequest:
    """The request in a message; raises BadMessage."""
    if len(text) > MOST_BYTES:
        raise BadMessage("That message is too long.")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage("That message is not JSON.") from error
    if (
        not isinstance(body, dict)
        or "watch" not in body
        or not body.keys() <= {"watch", "since", "at"}
    ):
        raise BadMessage(READ_ONLY)
    return WatchRequest(_topics(body["watch"]), _since(body.get("since", {})), _at(body.get("at")))


def _topics(names: object) -> frozenset[str]:
    if not isinstance(names, list):
        raise BadMessage('"watch" is a list of topics.')
    if len(names) > MOST_TOPICS:
        raise BadMessage(f"At most {MOST_TOPICS} topics can be watched on one socket.")
    return frozenset(map(_topic, names))


def _topic(name: object) -> str:
    if name in (frames.FLEET, frames.APPROVALS):
        return str(name)
    kind, _, run = name.partition(":") if isinstance(name, str) else ("", "", "")
    if kind != "run":
        raise BadMessage('A topic is "fleet", "approvals", or "run:" and the id of a run.')
    return frames.topic_of(_run(run))


def _run(text: object) -> str:
    try:
        return str(UUID(str(text)))
    except ValueError as error:
        raise BadMessage("A run's id is a UUID.") from error


def _since(seen: object) -> dict[str, int]:
    if not isinstance(seen, dict) or len(seen) > MOST_RUNS:
        raise BadMessage(
            f'"since" maps at most {MOST_RUNS} runs to the last sequence number seen of each.'
        )
    if not all(type(seq) is int and 0 <= seq < MOST_SEQ for seq in seen.values()):
        raise BadMessage("A sequence number is a whole number.")
    return {_run(run): seq for run, seq in seen.items()}


def _at(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise BadMessage('"at" is an ISO time.') from error
    if at.tzinfo is None:
        raise BadMessage('"at" names its time zone.')
    return at
