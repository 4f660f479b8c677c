"""A clock that only goes forward, the same for all processes of this machine. It says how long something took, never what time it is."""

import time


def boottime() -> float:
    """Seconds on a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
