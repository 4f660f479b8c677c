"""What waits to be written to one socket: always the latest state, never a growing queue. Pure.

A reader that cannot keep up gets fewer and wider frames; only when even the latest states are too
many does it get a gap.
"""

import json
from collections.abc import Callable, Mapping

from console.live import frames

RUNS_KEPT = 500
ERRORS_KEPT = 4


def message(**body: object) -> str:
    return json.dumps(body, separators=(",", ":"))


class Batch:
    """The latest frame of each run since the batch before, as one audience may see it. Never
    changed once made.

    The sockets of an audience share a batch, so its text is made once; sockets that are equally far
    behind also share what they merged.
    """

    __slots__ = ("_after", "_text", "frames")

    def __init__(self, latest: Mapping[str, frames.Frame]) -> None:
        self.frames = latest
        self._text = ""
        self._after: tuple[Batch, Batch] | None = None

    @property
    def text(self) -> str:
        if not self._text:
            self._text = '{"frames":[' + ",".join(map(frames.encode, self.frames.values())) + "]}"
        return self._text

    def after(self, earlier: "Batch") -> "Batch":
        """Both batches as one."""
        if self._after is None or self._after[0] is not earlier:
            latest = dict(earlier.frames)
            for frame in self.frames.values():
                add(latest, frame)
            self._after = (earlier, Batch(latest))
        return self._after[1]


def add(latest: dict[str, frames.Frame], frame: frames.Frame) -> None:
    """Fold a frame into the latest state of its run."""
    known = latest.get(frame.run)
    latest[frame.run] = frame if known is None else frames.merge(known, frame)


class Mailbox:
    """What one socket has not been sent yet. `deliver` is called with it whenever there is
    something to take.
    """

    def __init__(self, deliver: Callable[["Mailbox"], None]) -> None:
        self._deliver = deliver
        self._errors: list[str] = []
        self._watching: tuple[str, ...] | None = None
        self._gap = ""
        self._behind: dict[str, int] = {}
        self._batch: Batch | None = None
        self._beat = ""

    def put(self, batch: Batch) -> None:
        batch = batch if self._batch is None else batch.after(self._batch)
        if len(batch.frames) > RUNS_KEPT:
            self._batch = None
            self.gap("this page fell too far behind")
            return
        self._batch = batch
        self._deliver(self)

    def error(self, sentence: str) -> None:
        self._errors = [*self._errors, sentence][-ERRORS_KEPT:]
        self._deliver(self)

    def watching(self, topics: tuple[str, ...]) -> None:
        self._watching = topics
        self._deliver(self)

    def gap(self, why: str) -> None:
        """Note that something may have been missed: the page must read the journal again."""
        self._gap = why
        self._deliver(self)

    def behind(self, heads: Mapping[str, int]) -> None:
        """Note that the journal is at these numbers, beyond what the reader has seen."""
        self._behind.update(heads)
        self._deliver(self)

    def beat(self, text: str) -> None:
        self._beat = text
        self._deliver(self)

    def take(self) -> list[str]:
        """All that waits, as messages in the order to send them; the mailbox is empty
        afterwards.
        """
        texts = [message(error=sentence) for sentence in self._errors]
        if self._watching is not None:
            texts.append(message(watching=self._watching))
        if self._gap:
            texts.append(message(gap=self._gap))
        if self._behind:
            texts.append(
                message(behind=[{"run": run, "seq": seq} for run, seq in self._behind.items()])
            )
        if self._batch is not None:
            texts.append(self._batch.text)
        if self._beat:
            texts.append(self._beat)
        self._errors, self._watching, self._gap, self._behind, self._batch, self._beat = (
            [],
            None,
            "",
            {},
            None,
            "",
        )
        return texts
