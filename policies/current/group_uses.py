"""What asks or names a group, so that none is deleted or renamed that something rests on. Whoever
keeps such names says so, see `told_by`.
"""

from collections.abc import Callable, Iterable

Using = Callable[[str], Iterable[str]]
_using: list[Using] = []


def told_by(using: Using) -> None:
    """Called once by each app that names groups, when it is ready."""
    _using.append(using)


def of(group: str) -> list[str]:
    """Each thing that names the group, such as `the tool policy small-refunds`. Queries."""
    return [each for using in _using for each in using(group)]
