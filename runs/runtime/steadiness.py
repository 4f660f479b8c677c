"""Whether the database has been writable for long enough that every living worker has renewed its
leases. Pure.

While it is away leases run out in the hands of workers that are well and hold results. Those renew
first; only a lease that is expired after that is the sign of a loss.
"""


class Steadiness:
    """How steady the database is; told each time that a write was `seen`. `gap`: how long the
    database may be away without a lease running out; `wait`: how long living workers have to renew.
    Both in seconds.
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
