"""How much memory a tool process may have: one net for a single large allocation, and what it
holds, for whoever watches it grow.
"""

import contextlib
import os
import resource

BESIDE_MB = 768
"""What a process has beside what its tools ask for: itself, and the stacks of its threads."""
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def limit(memory_mb: int) -> None:
    """Limit single allocations: one beyond the limit fails in the tool that asks for it, before
    anything has to be killed. No memory dumps.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_mb:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, ((memory_mb + BESIDE_MB) * 2**20,) * 2)


def refused() -> str:
    """Why an allocation failed, in words."""
    bound, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return (
        "it wanted more memory than there is"
        if bound < 0
        else f"over {bound // 2**20 - BESIDE_MB:,} MB"
    )


def resident_mb(pid: int) -> float:
    """Megabytes that the process holds; 0 when it is gone, or nobody can tell."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123  several times a second
            return int(file.read().split()[1]) * PAGE_MB
    except OSError:
        return 0.0
