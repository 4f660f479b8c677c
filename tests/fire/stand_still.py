"""Files that say which process stands still, or shall be killed, for a run."""

from pathlib import Path

from console.chaos import world_book


def flag(run: str, moment: str) -> Path:
    """The file for this run at this moment."""
    return world_book.place() / f"{run}-{moment}"
