"""Refusals: what the state of a run, or a permission, says no to.

One place in each shell turns them into words on a page.
"""

from dataclasses import dataclass


@dataclass
class Refused(Exception):
    """The move is not possible now; `sentence` says why to the person who asked."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence


class Unread(Refused):
    """The run's journal cannot be read, so nothing that depends on its history can be done."""
