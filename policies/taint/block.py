"""Results of tools, many texts in one, so that a long history takes few searches. Pure."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ValueOrigin:
    """The tool result a value was seen in."""

    tool: str
    step: int


@dataclass
class Block:
    """Several texts as one, separated by newlines, which no pattern contains."""

    words: str = ""
    compact: str = ""
    _in_words: list[int] = field(default_factory=list)
    _in_compact: list[int] = field(default_factory=list)
    _origins: list[ValueOrigin] = field(default_factory=list)

    def add(self, words: str, origin: ValueOrigin) -> None:
        self._in_words.append(len(self.words))
        self._in_compact.append(len(self.compact))
        self._origins.append(origin)
        self.words += words + "\n"
        self.compact += words.replace(" ", "") + "\n"

    def places(self, pattern: str, compact: bool) -> Iterator[ValueOrigin]:
        """The origin of each text that has the pattern, in the order in which they came."""
        text, starts = (self.compact, self._in_compact) if compact else (self.words, self._in_words)
        place = text.find(pattern)
        while place >= 0:
            number = bisect_right(starts, place) - 1
            yield self._origins[number]
            place = text.find(pattern, starts[number + 1]) if number + 1 < len(starts) else -1
