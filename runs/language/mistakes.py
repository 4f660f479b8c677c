"""What is wrong with a query, where, and what would put it right. Pure."""

from dataclasses import dataclass
from typing import Self


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


@dataclass(frozen=True, slots=True)
class MistakeShown:
    """A mistake for the box: the text before, in and after it, where it is, what it is, and the
    text with it put right (empty when nobody can tell). `unfinished`: it is at the end of the text,
    where somebody may still be typing.
    """

    before: str
    wrong: str
    place: int
    sentence: str
    instead: str
    mended: str
    unfinished: bool = False

    @classmethod
    def of(cls, text: str, mistake: Mistake) -> Self:
        return cls(
            text[: mistake.start],
            text[mistake.start : mistake.end],
            mistake.start + 1,
            mistake.sentence,
            mistake.instead.strip(),
            mistake.mended(text) if mistake.instead else "",
            mistake.end >= len(text.rstrip()),
        )
