"""What two sequences have in common, in one order. Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

PRECISE = 160_000
"""Beyond so many pairs they are aligned by their turn, which takes no time."""
Gap = tuple[slice, slice, list[tuple[int, int]]]


def common(one: Sequence[Hashable], other: Sequence[Hashable]) -> Iterator[Gap]:
    """What both have in this order: each time what lies before it in the one and in the other, and
    the places where it stands; last what lies behind all of it, with no place.
    """
    a = b = 0
    for here, there in in_order(one, other):
        yield slice(a, here), slice(b, there), [(here, there)]
        a, b = here + 1, there + 1
    yield slice(a, len(one)), slice(b, len(other)), []


def in_order(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    if len(one) * len(other) > PRECISE:
        return by_turn(one, other)
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return [(block.a + n, block.b + n) for block in blocks for n in range(block.size)]


def by_turn(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The first of a kind belongs to the first, the second to the second; of these pairs the
    longest row in which none crosses another. It takes no longer than sorting does.
    """
    places = {turn: at for at, turn in enumerate(turns(other))}
    pairs = [(at, places[turn]) for at, turn in enumerate(turns(one)) if turn in places]
    ends: list[int] = []
    heads: list[int] = []
    before: list[int | None] = []
    for at, (_, there) in enumerate(pairs):
        row = bisect_left(ends, there)
        before.append(heads[row - 1] if row else None)
        ends[row : row + 1], heads[row : row + 1] = [there], [at]
    found, last = [], heads[-1] if heads else None
    while last is not None:
        found.append(pairs[last])
        last = before[last]
    return found[::-1]


def turns(side: Sequence[Hashable]) -> Iterator[tuple[Hashable, int]]:
    """Each with how many of its kind came before it."""
    seen: Counter[Hashable] = Counter()
    for each in side:
        yield each, seen[each]
        seen[each] += 1
