"""Whether the database has been there, and could be written to, for long enough that every living
worker has renewed its leases. Pure.

When it was away for everybody, leases ran out in the hands of workers that are well and hold
results: those come first, and only then is a lease that is still expired the sign of a loss.
"""


class Steadiness:
    """Told each time that something was `seen` written.

    `gap` is how long it may have been away without any lease running out by that, `wait` how long
    the living have to renew; both in seconds.
    """

    def __init__(self, gap: float, wait: float) -> None:
        self._gap, self._wait = gap, wait
        self._since = self._last = float("-inf")

    def seen(self, now: float) -> None:
        if now - self._last > self._gap:
            self._since = now
        self._last = now

    def long_enough(self, now: float) -> bool:
        return now - self._last <= self._gap and now - self._since >= self._wait
