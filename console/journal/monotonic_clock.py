"""A clock that only goes forward, the same for all processes of this machine.

It says how long something took, never what time it is.
"""

import time
from collections.abc import Callable
from functools import partial

boottime: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_BOOTTIME")
    else time.monotonic
)
"""Seconds on a clock that goes on while the machine sleeps, where there is one."""
