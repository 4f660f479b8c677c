"""How often frames go out: at once when idle, otherwise with pauses as long as the work took. Pure.

A few sockets never notice; hundreds get fewer, wider batches instead of a growing delay.
"""

LONGEST_REST = 0.05
REST_PER_WORK = 0.5


class Pacer:
    """Says how long to hold back the next flush. Times are seconds of one monotonic clock."""

    def __init__(self, longest: float = LONGEST_REST, per_work: float = REST_PER_WORK) -> None:
        self._longest = longest
        self._per_work = per_work
        self._free_at = 0.0

    def flushed(self, now: float, work: float) -> None:
        """Take in that a flush and all it set off are done, and took so many seconds of work."""
        self._free_at = now + min(self._longest, work * self._per_work)

    def delay(self, now: float) -> float:
        return max(0.0, self._free_at - now)
