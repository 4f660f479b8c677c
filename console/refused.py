"""The base of all refusals: what a state, a permission, a lever or a policy does not allow. Whoever
refuses has changed nothing.

One place in each shell turns it into words for a person.
"""

from dataclasses import dataclass


@dataclass
class Refused(Exception):
    """It is not possible now; `sentence` says why to the person who asked."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence
