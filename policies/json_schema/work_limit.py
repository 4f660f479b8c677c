"""How much a check may cost.

Counted, not timed, so that the same value always gets the same answer.
"""

MOST = 100_000
"""Steps of one check. A step takes about a microsecond."""
DEEPEST = 100
"""Schemas within schemas that one value may lead into: what refers to itself must come to an end.
"""
CHARACTERS = 200
"""Characters that are looked at in one step, where each is looked at once."""


class TooMuch(Exception):
    """The value cannot be checked within what a check may cost.

    The text says so, without a full stop.
    """


class WorkBudget:
    """What is left to spend. Everything that grows with a value or a schema
    spends before it looks."""

    __slots__ = ("depth", "left")

    def __init__(self, steps: int = MOST) -> None:
        self.left = steps
        self.depth = 0

    def spend(self, steps: int) -> None:
        """Raises TooMuch when there is not so much left."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch("it takes too long to check")

    def spend_on(self, text: str) -> None:
        """For one look at each character."""
        self.spend(1 + len(text) // CHARACTERS)

    def go_deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooMuch("its schema leads from one part to the next without end")
