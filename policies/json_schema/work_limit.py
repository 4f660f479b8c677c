"""How much a check may cost. It is counted, not timed, so that the same value always gets the same
answer.
"""

MOST = 100_000
"""Most steps of one check. A step takes about a microsecond."""
DEEPEST = 100
"""How deeply schemas may lead into one another for one value, so that those which refer to
themselves end.
"""
CHARACTERS = 200
"""Characters that are read in one step, when each is read once."""


class TooMuch(Exception):
    """The value cannot be checked within the allowed work. The text says so, without a
    full stop.
    """


class WorkBudget:
    """The work that is left. Everything that grows with a value or a schema spends before
    it looks.
    """

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
        """Spend for reading each character once."""
        self.spend(1 + len(text) // CHARACTERS)

    def go_deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooMuch("its schema leads from one part to the next without end")
