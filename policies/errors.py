"""Refusals of this room: what levers and policies say no to.

One place in the console turns them into words on a page.
"""

from dataclasses import dataclass


@dataclass
class Refused(Exception):
    """It is not possible now; `sentence` says why to the person who asked."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence
