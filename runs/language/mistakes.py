"""What is wrong with a query, where, and what would put it right. Pure."""

from dataclasses import dataclass


@dataclass(eq=False)
class Mistake(ValueError):
    """A query that cannot be read: the characters `start` to `end` (from 0, `end` not included),
    why in a sentence, and what may stand there `instead`, empty when nobody can tell.
    """

    start: int
    end: int
    sentence: str
    instead: str = ""

    def __str__(self) -> str:
        return f"Position {self.start + 1}: {self.sentence}"

    def mended(self, text: str) -> str:
        """The query with what stands there instead; the same text when nobody can tell."""
        return text[: self.start] + self.instead + text[self.end :] if self.instead else text
