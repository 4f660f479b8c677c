"""What processes hold in memory, read from /proc. Megabytes are millions of bytes."""

import contextlib
from collections.abc import Mapping
from pathlib import Path


def family(root: int) -> list[int]:
    """The process and all that descend from it."""
    found = [root]
    for pid in found:
        found += children(pid)
    return found


def children(pid: int) -> list[int]:
    """The processes begun by any of its threads: the kernel keeps them by thread."""
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += [int(each) for each in thread.read_text().split()]
    return found


def peak(root: int) -> float:
    """The most megabytes that any process of this one's family ever held."""
    return max(_megabytes(pid, "status", "VmHWM:") for pid in family(root))


def own(roots: Mapping[str, int]) -> Mapping[str, float]:
    """Megabytes that each process has written to, files left out, by the name of its root and its
    number.

    A forked process counts what its parent wrote too. Counted without what they share, both would
    seem to grow whenever the other one writes to it.
    """
    return {
        f"{name} {pid}": held
        for name, root in roots.items()
        for pid in family(root)
        if (held := _megabytes(pid, "smaps_rollup", "Anonymous:"))
    }


def _megabytes(pid: int, file: str, line: str) -> float:
    try:
        text = Path(f"/proc/{pid}/{file}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = next((each for each in text.splitlines() if each.startswith(line)), f"{line} 0")
    return int(found.split()[1]) * 1_024 / 1_000_000
