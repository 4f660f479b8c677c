"""Compares a journal with the recording that its run followed: whether every recorded call is
there, once, in order, with its result. Pure.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field

from console.json_value import Json
from runs.planners.recorded_planner import Recording


@dataclass(frozen=True, slots=True)
class JournalledCall:
    """One call as the journal tells it:

    `ref` is the planner's id of it, `came_back` what it returned or the error's words.
    """

    ref: str
    tool: str
    args: Json
    came_back: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a journal lacks or has too much of; `foreign` calls are in no recording, `altered` ones
    returned something else.
    """

    calls: int = 0
    missing: int = 0
    doubled: int = 0
    out_of_order: int = 0
    altered: int = 0
    foreign: int = 0

    def __add__(self, other: "Difference") -> "Difference":
        return Difference(
            *(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True))
        )

    @property
    def none(self) -> bool:
        return not (
            self.missing or self.doubled or self.out_of_order or self.altered or self.foreign
        )


def difference(recording: Recording, made: Sequence[JournalledCall]) -> Difference:
    """`made`: every call the journal tells of, refused ones aside, in the journal's order."""
    recorded = {move.call: move for move in recording.moves}
    first: dict[str, JournalledCall] = {}
    for call in made:
        first.setdefault(call.ref, call)
    there = [
        ref
        for ref, call in first.items()
        if ref in recorded and same(recorded[ref].tool, recorded[ref].args, call)
    ]
    places = [recorded[ref].place for ref in there]
    return Difference(
        calls=len(recorded),
        missing=len(recorded) - len(there),
        doubled=sum(count - 1 for count in Counter(call.ref for call in made).values()),
        out_of_order=sum(later < earlier for earlier, later in itertools.pairwise(places)),
        altered=sum(first[ref].came_back != recorded[ref].came_back for ref in there),
        foreign=len(first.keys() - recorded.keys()),
    )


def same(tool: str, args: Mapping[str, Json], call: JournalledCall) -> bool:
    """Whether a journalled call is the recorded one, and came back."""
    return (call.tool, call.args) == (tool, args) and call.came_back is not None


@dataclass
class CallsReader:
    """Reads calls out of a run's events, one by one. A call that is looked up and made again keeps
    its intent.
    """

    made: list[JournalledCall] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def hear(self, kind: str, tool: str, data: Mapping[str, Json]) -> None:
        if kind == "call.intended":
            self.places[data["call"]] = len(self.made)
            self.made.append(JournalledCall(data["ref"], tool, data["args"]))
        elif kind == "call.returned":
            place = self.places[data["call"]]
            call = self.made[place]
            back = data.get("error") or data.get("result") or ""
            self.made[place] = JournalledCall(
                call.ref,
                call.tool,
                call.args,
                back if call.came_back is None else f"{call.came_back}\n{back}",
            )
