"""How often a token may ask: a burst, then a steady pace. Pure; the token's row keeps one time.

The generic cell rate algorithm: each request costs an interval, and a token may be ahead of the
clock by so many of them.
"""

import math
from datetime import datetime, timedelta

INTERVAL = timedelta(seconds=0.5)
"""What one request costs: 120 a minute in the long run."""
BURST = 60
"""Requests that may come at once after a quiet while."""
AHEAD = INTERVAL * (BURST - 1)
"""How far the time up to which a token has asked may be ahead of the clock for one more request."""


def retry_after(ready_at: datetime, now: datetime) -> int:
    """Whole seconds until a request is taken again, one at least."""
    return max(1, math.ceil((ready_at - now - AHEAD).total_seconds()))
