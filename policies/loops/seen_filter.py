"""What a run has read and said: two generations of a bit map, so memory and cost are the same at
step 10 and at step 10,000.

Forgets what was last met a generation ago; something new may be taken for known (about one in
thirty when a generation is full).
"""

from collections.abc import Set
from dataclasses import dataclass

from policies.loops.comparable import SPACE, Marks

GENERATION = 16_000  # marks
OUTSIDE = 0x2BD1E  # turns the mark of a word into the mark of "this word came from outside"
BLANK = bytes(SPACE // 8)
NOTHING = Marks(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class SeenFilter:
    """An immutable memory of words that were met; `with_texts` returns another one."""

    young: bytes = BLANK
    old: bytes = BLANK
    count: int = 0

    def news(self, read: Marks) -> float:
        """The share of a text that was never met, as far as is remembered; an empty text is no
        news.
        """
        return self._unknown(read.pairs) / len(read.pairs) if read.pairs else 0.0

    def all_from_outside(self, words: Set[int]) -> bool:
        """Whether every word has come in from outside, rather than out of the agent's own head."""
        return not self._unknown({word ^ OUTSIDE for word in words})

    def with_texts(
        self, own: Marks = NOTHING, outside: Marks = NOTHING, confirmed: Set[int] = frozenset()
    ) -> "SeenFilter":
        """The filter after words of the agent and words from outside. `confirmed` are words of the
        agent that the world has answered to; they count as words from outside.
        """
        given = {word ^ OUTSIDE for word in outside.words | confirmed}
        return self._with(own.pairs | outside.pairs | given)

    def _unknown(self, marks: Set[int]) -> int:
        young, old = self.young, self.old
        return sum([not (young[mark >> 3] | old[mark >> 3]) >> (mark & 7) & 1 for mark in marks])

    def _with(self, marks: Set[int]) -> "SeenFilter":
        young = self.young
        # Asked of the young generation only: what is still in use must outlive the old one.
        fresh = [mark for mark in marks if not young[mark >> 3] >> (mark & 7) & 1]
        if not fresh:
            return self
        if self.count + len(fresh) > GENERATION:
            return SeenFilter(young=_written(BLANK, fresh), old=young, count=len(fresh))
        return SeenFilter(young=_written(young, fresh), old=self.old, count=self.count + len(fresh))


EMPTY = SeenFilter()


def _written(bits: bytes, marks: list[int]) -> bytes:
    board = bytearray(bits)
    for mark in marks:
        board[mark >> 3] |= 1 << (mark & 7)
    return bytes(board)
