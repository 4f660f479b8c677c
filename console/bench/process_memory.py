"""What processes hold in memory, read from /proc. Megabytes are millions of bytes."""

from collections.abc import Mapping
from pathlib import Path


def family(root: int) -> list[int]:
    """The process and all that descend from it."""
    found, known = [root], 0
    while known < len(found):
        children = Path(f"/proc/{found[known]}/task/{found[known]}/children")
        known += 1
        if children.exists():
            found += [int(pid) for pid in children.read_text().split()]
    return found


def peak(root: int) -> float:
    """The most megabytes that any process of this one's family ever held."""
    return max(_megabytes(pid, "status", "VmHWM:") for pid in family(root))


def own(roots: Mapping[str, int]) -> Mapping[str, float]:
    """Megabytes that each process holds for itself alone, what it shares with others left out, by
    the name of its root and its number.
    """
    return {
        f"{name} {pid}": held
        for name, root in roots.items()
        for pid in family(root)
        if (held := _megabytes(pid, "smaps_rollup", "Private_Dirty:"))
    }


def _megabytes(pid: int, file: str, line: str) -> float:
    try:
        text = Path(f"/proc/{pid}/{file}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = next((each for each in text.splitlines() if each.startswith(line)), f"{line} 0")
    return int(found.split()[1]) * 1_024 / 1_000_000
