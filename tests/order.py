"""The order in which files of tests are run: those that start whole consoles, and wait for them
most of the time, stand evenly among those that compute.
"""

from collections.abc import Callable, Hashable, Iterable
from fractions import Fraction
from typing import TypeVar

File = TypeVar("File", bound=Hashable)


def spread(
    files: Iterable[File], waits: Callable[[File], bool], last: Callable[[File], bool]
) -> dict[File, int]:
    """Each file's place. Within its kind a file stays where it was; what is `last` comes after
    everything else.
    """
    each = tuple(dict.fromkeys(files))
    kinds = (
        [file for file in each if waits(file) and not last(file)],
        [file for file in each if not waits(file) and not last(file)],
    )
    shares = {
        file: Fraction(2 * at + 1, 2 * len(kind)) for kind in kinds for at, file in enumerate(kind)
    }
    order = sorted(shares, key=shares.__getitem__) + [file for file in each if last(file)]
    return {file: at for at, file in enumerate(order)}
