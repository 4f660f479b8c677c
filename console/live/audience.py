"""Who listens to what: sockets with the same topics and clearance form one audience and share its
batches.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from console.live import frames
from console.live.batch import Batch, Mailbox, add

AudienceKey = tuple[frozenset[str], frozenset[str]]


@dataclass(eq=False, slots=True)
class Watcher:
    """One socket: where its messages go, what its reader may see, which topics it watches."""

    mailbox: Mailbox
    clearance: frozenset[str]
    topics: frozenset[str] = frozenset()


@dataclass(eq=False, slots=True)
class Audience:
    """Watchers with the same topics and clearance, and the latest frames that they have not been
    given.
    """

    topics: frozenset[str]
    clearance: frozenset[str]
    watchers: set[Watcher] = field(default_factory=set)
    pending: dict[str, frames.Frame] = field(default_factory=dict)

    def hear(self, frame: frames.Frame) -> None:
        add(self.pending, frames.for_clearance(frame, self.clearance))

    def deliver(self) -> None:
        batch, self.pending = Batch(self.pending), {}
        for watcher in self.watchers:
            watcher.mailbox.put(batch)


class Audiences:
    """All audiences of a process, found by topic."""

    def __init__(self) -> None:
        self._audiences: dict[AudienceKey, Audience] = {}
        self._by_topic: dict[str, set[Audience]] = {}

    @property
    def empty(self) -> bool:
        return not self._audiences

    def watchers(self) -> Iterator[Watcher]:
        for audience in self._audiences.values():
            yield from audience.watchers

    def seat(self, watcher: Watcher) -> None:
        """Put a watcher into the audience of its topics and clearance."""
        key = (watcher.topics, watcher.clearance)
        audience = self._audiences.get(key)
        if audience is None:
            audience = self._audiences[key] = Audience(*key)
            for topic in watcher.topics:
                self._by_topic.setdefault(topic, set()).add(audience)
        audience.watchers.add(watcher)

    def move(self, watcher: Watcher, topics: frozenset[str]) -> None:
        """Change a watcher's topics. It is given now what its audience was about to be given, so
        that nothing is lost on the way.
        """
        pending = self._audiences[watcher.topics, watcher.clearance].pending
        if pending:
            watcher.mailbox.put(Batch(dict(pending)))
        self.leave(watcher)
        watcher.topics = topics
        self.seat(watcher)

    def leave(self, watcher: Watcher) -> None:
        key = (watcher.topics, watcher.clearance)
        audience = self._audiences[key]
        audience.watchers.remove(watcher)
        if not audience.watchers:
            del self._audiences[key]
            self._close(audience)

    def _close(self, audience: Audience) -> None:
        for topic in audience.topics:
            self._by_topic[topic].discard(audience)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def watching(self, run: str) -> set[Audience]:
        """Audiences of a run: those of the fleet and those of the run itself."""
        return self._of((frames.FLEET, frames.topic_of(run)))

    def hearing(self, frame: frames.Frame) -> set[Audience]:
        """The audiences of a frame: those of its run, and, when it asks or answers, those of the
        approvals.
        """
        return self._of(frames.topics_of(frame))

    def _of(self, topics: tuple[str, ...]) -> set[Audience]:
        nobody: set[Audience] = set()
        return nobody.union(*(self._by_topic.get(topic, nobody) for topic in topics))
