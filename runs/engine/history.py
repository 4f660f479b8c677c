"""What was said in a run, oldest first; adding the thousandth message costs no more than the first.

Nobody sees a history change. Longer ones share what came before: they hold one list that only
grows, and each knows its own length.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import overload

from runs.engine.ports import ContextMessage


class History(Sequence[ContextMessage]):
    """Messages in order. Begin with `NOTHING`; `after` gives a longer one."""

    __slots__ = ("_all", "_length")

    def __init__(self, messages: Sequence[ContextMessage] = ()) -> None:
        self._all, self._length = list(messages), len(messages)

    def after(self, message: ContextMessage) -> "History":
        """This history and one message more.

        When another history has grown from this very one, the past is copied, or the other's
        message shared if it is equal.
        """
        everything, length = self._all, self._length
        if length and len(everything) == length:
            everything.append(message)
        if len(everything) > length and (
            everything[length] is message or everything[length] == message
        ):
            longer = object.__new__(History)
            longer._all, longer._length = everything, length + 1
            return longer
        return History([*islice(everything, length), message])

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[ContextMessage]:
        return islice(self._all, self._length)

    @overload
    def __getitem__(self, place: int) -> ContextMessage: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[ContextMessage]: ...

    def __getitem__(self, place: int | slice) -> ContextMessage | Sequence[ContextMessage]:
        return (
            self._all[: self._length][place]
            if isinstance(place, slice)
            else self._all[range(self._length)[place]]
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, History)
            and self._length == other._length
            and all(map(ContextMessage.__eq__, self, other))
        )

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"History({list(self)!r})"


NOTHING = History()
