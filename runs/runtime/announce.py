"""One frame to the browsers after each commit: the run's row as it now stands, and the range of
events it covers.

Workers hand their frames to a thread, so that no run waits for Redis; while it is busy, frames of
one run merge into the latest.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from console.journal.records import text_of
from console.live import frames
from console.live.frames import Frame
from console.live.poller import Poller
from console.live.publish import publish
from runs.engine.events import RunEvent
from runs.engine.projection import COLUMNS
from runs.models import Run

PROGRESS = "progress"
IDLE = 5.0
BREATH = 0.02
"""Seconds between two rounds: a busy run's frames merge meanwhile, an idle one's go out at once."""


class Announcer:
    """A thread that publishes pending frames, run by run. It starts with its first frame, and loses
    frames only when Redis is away.
    """

    def __init__(self) -> None:
        self._pending: dict[str, Frame] = {}
        self._lock = threading.Lock()
        self._poller = Poller(
            "announcer", self._round, pauses=(IDLE, BREATH), trouble="frames not sent"
        )

    def hand(self, frame: Frame) -> None:
        """Publish the frame soon, merged with a frame of the same run that has not left yet."""
        with self._lock:
            waiting = self._pending.get(frame.run)
            self._pending[frame.run] = frames.merge(waiting, frame) if waiting else frame
        if waiting is None:
            self._poller.start()
            self._poller.wake()

    def _round(self) -> None:
        """Frames leave one by one: what cannot be sent keeps none of the others back, they go in
        the next round.
        """
        for run in tuple(self._pending):
            with self._lock:
                frame = self._pending.pop(run)
            publish(frame)
        time.sleep(BREATH)


_announcer = Announcer()


def frame(
    run: UUID, after: int, at: datetime, row: Mapping[str, object], events: Sequence[RunEvent]
) -> Frame:
    """What browsers are told once `events`, appended after the seq `after`, are in the journal and
    the run's row shows `row`.
    """
    return Frame(
        text_of(run),
        after + len(events),
        after + 1,
        at.isoformat(),
        row,
        tuple(event.kind for event in events),
    )


def with_progress(shown: Frame, words: str, at: datetime) -> Frame:
    """The frame of a run once more, with what a tool says of its progress; it covers no event."""
    return Frame(
        shown.run, shown.seq, shown.seq + 1, at.isoformat(), {**shown.state, PROGRESS: words}
    )


def announce(frame: Frame) -> None:
    """Publish a frame. Never raises and never waits: a lost frame is made good by the next one, or
    by the journal.
    """
    _announcer.hand(frame)


def announce_row(run: Run, first: int, at: datetime, kinds: tuple[str, ...]) -> None:
    """Announce a change of the row itself; the frame is sent before this returns."""
    publish(
        Frame(
            str(run.id),
            run.seq,
            first,
            at.isoformat(),
            {column: getattr(run, column) for column in COLUMNS},
            kinds,
        )
    )
