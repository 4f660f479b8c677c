"""Whose call may have ended a lost worker. Decides by what the runs' rows showed, and writes
nothing.

A loss counts against a run when its call was in flight, or when the worker held no other run. Where
it is known which tools were at work in the worker's own process, it counts against calls of those
tools. A run that was only planning or just being taken is not counted.

One loss makes no suspect, so that the runs of one lost worker are taken over at once; the second in
a row does. A suspect is driven alone; if one was held together with others all the same, the loss
is its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from runs.engine.vocabulary import RunPhase

MANY = 8
"""Losses in a row without a step forward after which a run is a suspect, though it was never seen
at work.
"""
NAMED = 3
"""How many tools are named at most as having been at work."""
WIDTH = 200
ASKING_TOOLS = frozenset({RunPhase.RESOLVING, RunPhase.UNDOING})


@dataclass(frozen=True, slots=True)
class Loss:
    """What became of a worker: `after` as the end of a sentence, `words` its last output, `tools`
    those at work in its own process, which may have ended it. Without `blame`, as for a worker that
    was asked to end, nothing counts against its runs.
    """

    after: str
    words: str = ""
    blame: bool = True
    tools: Sequence[str] = ()


UNSEEN = Loss("gave no sign of life")
"""The loss of a worker whose leases expired without anybody seeing why."""


@dataclass(frozen=True, slots=True)
class LostRun:
    """A run that a lost worker held, as its row shows it.

    `takes` is 0 once the worker had it in hand.
    """

    run: UUID
    owner: str
    takes: int
    phase: str
    tool: str
    suspect: bool
    crashes: int

    def at_work(self, tools: Sequence[str] = ()) -> bool:
        """Whether its call was in flight and, where `tools` are given, was a call of one
        of them.
        """
        if self.takes:
            return False
        calling = self.phase == RunPhase.CALLING and bool(not tools or self.calling(tools))
        return calling or self.phase in ASKING_TOOLS

    def calling(self, tools: Sequence[str] = ()) -> set[str]:
        """The tools that it was calling, or those of `tools` among them."""
        found = set(filter(None, self.tool.split(", ")))
        return found & set(tools) if tools else found


@dataclass(frozen=True, slots=True)
class Lost:
    """What the loss means for one run, as columns of its row. `after`: what became of the worker,
    and what was at work in it.
    """

    run: UUID
    blamed: bool
    takes: int
    crashes: int
    suspect: bool
    after: str

    @property
    def columns(self) -> tuple[UUID, bool, int, int, bool, str]:
        return self.run, self.blamed, self.takes, self.crashes, self.suspect, self.after


def lost(held: Iterable[LostRun], loss: Loss) -> list[Lost]:
    """What the loss of each worker means for the runs that it held."""
    workers = defaultdict[str, list[LostRun]](list)
    for each in held:
        workers[each.owner].append(each)
    return [one for runs in workers.values() for one in by_worker(runs, loss)]


def by_worker(held: Sequence[LostRun], loss: Loss) -> list[Lost]:
    blamed = suspected(held, loss.tools) if loss.blame else frozenset()
    at_work = [each for each in held if each.at_work(loss.tools)]
    working = set[str]().union(*(each.calling(loss.tools) or each.calling() for each in at_work))
    tools = ", ".join(sorted(working)[:NAMED])
    after = f"{loss.after}, with {tools} at work" if tools else loss.after
    return [weighed(each, after[:WIDTH], each.run in blamed, loss.blame) for each in held]


def suspected(held: Sequence[LostRun], tools: Sequence[str]) -> frozenset[UUID]:
    """The runs that the loss counts against: suspects if there are any, else those at work, else
    one that was alone.
    """
    suspects = [each for each in held if each.suspect]
    busy = [each for each in held if each.at_work(tools)]
    return frozenset(each.run for each in suspects or busy or (held if len(held) == 1 else ()))


def weighed(held: LostRun, after: str, blamed: bool, counted: bool) -> Lost:
    """What the loss means for one run; a loss that does not count against it also takes back that
    its worker had taken it.
    """
    again, often = blamed and held.crashes > 0, counted and held.crashes + 1 >= MANY
    return Lost(
        run=held.run,
        blamed=blamed,
        takes=held.takes if blamed else max(held.takes - 1, 0),
        crashes=held.crashes + counted,
        suspect=again or held.suspect or often,
        after=after,
    )
