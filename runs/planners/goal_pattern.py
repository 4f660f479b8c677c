"""A script's pattern for the words of a goal: whoever writes the goal did not write the pattern,
and may not be able to hold a worker up.

It must be one that a linear engine takes, which then says whether it matches at all. Only the parts
of a match need an engine that goes back and forth; it is given little time.
"""

from functools import lru_cache

import regex  # type: ignore[import-untyped]  # it has no stubs of its own

from policies.json_schema.linear_regex import BadPattern, LinearPattern
from policies.json_schema.work_limit import TooMuch, WorkBudget

PATIENCE = 0.1
"""Seconds for the parts of one match; common ones take microseconds."""


class GoalPattern:
    """A pattern made ready; letter case does not matter."""

    __slots__ = ("_linear", "_parts")

    def __init__(self, source: str) -> None:
        """Raises BadPattern."""
        self._linear = LinearPattern(source, ignoring_case=True)
        try:
            self._parts = regex.compile(source, regex.IGNORECASE)
        except regex.error as wrong:
            raise BadPattern(f"it is no regular expression: {wrong}") from wrong

    @property
    def names(self) -> tuple[str, ...]:
        """The named parts that it looks for."""
        return tuple(self._parts.groupindex)

    def parts(self, goal: str) -> dict[str, str] | None:
        """The named parts of the first match that are there; None when nothing matches.

        Raises TooMuch.
        """
        if not self._linear.found_in(goal, WorkBudget()):
            return None
        try:
            found = self._parts.search(goal, timeout=PATIENCE)
        except TimeoutError as late:
            raise TooMuch("it takes too long to find its parts") from late
        return (
            None
            if found is None
            else {name: part for name, part in found.groupdict().items() if part is not None}
        )


@lru_cache(maxsize=256)
def compiled(source: str) -> GoalPattern:
    """The pattern made ready, once a process. Raises BadPattern."""
    return GoalPattern(source)
