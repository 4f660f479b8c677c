"""What this process heard lately: the last state of each run, and since when that memory is
complete. Pure.

It answers a page that was away for a moment without the database, and says so when it cannot.
"""

from collections import OrderedDict
from dataclasses import dataclass

from console.live import frames

KEEP = 900.0
MOST = 2_000
QUIET = 10.0


@dataclass(frozen=True, slots=True)
class LastHeard:
    frame: frames.Frame
    when: float
    head: int


class Recent:
    """Latest frames by run, oldest first. Times are seconds of one monotonic clock."""

    def __init__(self, now: float) -> None:
        self._heard: OrderedDict[str, LastHeard] = OrderedDict()
        self._complete_since = now

    def restart(self, now: float) -> None:
        """Forget that anything before now is complete, since the feed was interrupted."""
        self._complete_since = now

    def hear(self, frame: frames.Frame, now: float) -> None:
        known = self._heard.pop(frame.run, None)
        latest = frame if known is None else frames.merge(known.frame, frame)
        self._heard[frame.run] = LastHeard(latest, now, latest.seq)
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._heard:
            run, oldest = next(iter(self._heard.items()))
            if len(self._heard) <= MOST and now - oldest.when <= KEEP:
                return
            del self._heard[run]
            self._complete_since = max(self._complete_since, oldest.when)

    def since(self, when: float) -> list[frames.Frame] | None:
        """The latest frame of each run heard since then; None when the memory of that time is not
        complete.
        """
        if when <= self._complete_since:
            return None
        return [heard.frame for heard in self._heard.values() if heard.when >= when]

    def quiet(self, now: float, most: int) -> dict[str, int]:
        """Runs that were not over when last heard of, some time ago, with the sequence number known
        of each.
        """
        silent = (
            (run, heard.head)
            for run, heard in self._heard.items()
            if now - heard.when >= QUIET and not frames.ended(heard.frame)
        )
        return dict(pair for pair, _ in zip(silent, range(most), strict=False))

    def caught_up(self, run: str, head: int) -> None:
        """Take in that its readers were told of events that this process never heard of."""
        heard = self._heard.get(run)
        if heard is not None:
            self._heard[run] = LastHeard(heard.frame, heard.when, max(head, heard.head))
