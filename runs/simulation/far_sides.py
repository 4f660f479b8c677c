"""Reconciliation in the simulated world: at the end each far side lists what was truly done, and
the real comparison is held to it.

Nothing may be found where nothing differs: only what follows from a wrong word of a person. And
what goes wrong behind the house's back, one effect lost, one had twice, one that no call had, has
to be found. The dice are its own, so that a world goes the same way whether it is compared or not.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from runs.engine import reconciliation
from runs.engine.ids import idempotency_key
from runs.engine.ports import ListedEffect
from runs.engine.reconciliation import CallCourse, CallFate, Span, Unlike
from runs.engine.vocabulary import Discrepancy, Effect
from runs.simulation.configuration import SPECS
from runs.simulation.lives import SimulatedRun

if TYPE_CHECKING:
    from runs.simulation.world import SimulatedWorld

LATER = timedelta(hours=1)
FOREIGN = "made by somebody else"
MARKS = {
    Discrepancy.NOT_THERE: "a lost effect is found",
    Discrepancy.TWICE: "an effect that was had twice is found",
    Discrepancy.NO_CALL: "an effect that no call had is found",
}


class FarSides:
    """The far sides of all tools, with the calls that the journals tell of."""

    def __init__(self, world: "SimulatedWorld") -> None:
        self.world, self.start = world, world.now() - timedelta(seconds=world.seconds)
        self.calls = {
            course.key: course for life in world.journals.lives.values() for course in courses(life)
        }
        self.span = Span(self.start, world.now() + LATER)

    def compare(self) -> None:
        """Compare every tool as it is, and once more after something went wrong with it."""
        effects = self.listed()
        for tool in sorted(effects):
            self.honest(tool, effects[tool])
            self.tampered(tool, effects[tool], Random(f"{self.world.seed}:{tool}"))

    def listed(self) -> dict[str, list[ListedEffect]]:
        """What was truly done, by tool, reading apart; effects that were undone are marked so."""
        found: dict[str, list[ListedEffect]] = defaultdict(list)
        for (run, call), landed in self.world.effects.items():
            key = idempotency_key(str(run), call)
            if landed and key not in self.calls:
                self.world.watch.violated(run, f"{call} had an effect and no intent")
            if not landed or key not in self.calls or reads(self.calls[key]):
                continue
            undone = bool(self.world.undos[run, call])
            found[self.calls[key].tool].extend(
                ListedEffect(key, self.start + timedelta(seconds=each.at), undone=undone)
                for each in landed
            )
        return found

    def compared(self, tool: str, effects: Sequence[ListedEffect]) -> list[Unlike]:
        of_tool = [each for each in self.calls.values() if each.tool == tool]
        return reconciliation.compared(tool, of_tool, effects, self.span)

    def honest(self, tool: str, effects: Sequence[ListedEffect]) -> None:
        watch = self.world.watch
        for found in self.compared(tool, effects):
            place = reconciliation.named(found.key)
            if place is None:
                continue
            if watch.excused[place]:
                watch.marks["a wrong word of a person is found"] += 1
            else:
                watch.violated(place[0], f"{found.call} is found {found.difference} for nothing")

    def tampered(self, tool: str, effects: Sequence[ListedEffect], dice: Random) -> None:
        """Lose an effect, have one twice, add a foreign one: each has to be found."""
        before = {(each.difference, each.key) for each in self.compared(tool, effects)}
        times = Counter(each.key for each in effects)
        sure = [each for each in effects if times[each.key] == 1 and self.standing(each)]
        if not sure:
            return
        chosen = dice.choice(sure)
        others = [each for each in effects if each is not chosen]
        foreign = ListedEffect(FOREIGN, chosen.at)
        self.must_find(tool, others, Discrepancy.NOT_THERE, chosen.key, before)
        self.must_find(tool, [*effects, chosen], Discrepancy.TWICE, chosen.key, before)
        self.must_find(tool, [*effects, foreign], Discrepancy.NO_CALL, FOREIGN, before)

    def standing(self, effect: ListedEffect) -> bool:
        """Whether it is of a call that is known to have succeeded, and nothing of it is undone."""
        return not effect.undone and self.calls[effect.key].fate is CallFate.DONE

    def must_find(
        self,
        tool: str,
        effects: Sequence[ListedEffect],
        difference: Discrepancy,
        key: str,
        before: set[tuple[Discrepancy, str]],
    ) -> None:
        now = {(each.difference, each.key) for each in self.compared(tool, effects)}
        if (difference, key) in now:
            self.world.watch.marks[MARKS[difference]] += 1
        elif (difference, key) not in before:
            run = next(iter(self.world.journals.lives))
            self.world.watch.violated(run, f"{key} of {tool} is {difference}, and not found")


def reads(call: CallCourse) -> bool:
    return SPECS[call.tool].effect is Effect.READ


def courses(life: SimulatedRun) -> list[CallCourse]:
    """The calls of one run as its journal tells of them."""
    calls = defaultdict(list)
    for row in life.stored:
        if row.record.kind in reconciliation.KINDS:
            calls[str(row.record.data.get("call", ""))].append(row.record)
    found = (reconciliation.course(str(life.run), records) for records in calls.values())
    return [course for course in found if course is not None]
