"""What must hold, looked at as events come; and the rare branches that were reached, by name."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from runs.engine import events as e
from runs.engine.limits import estimate
from runs.engine.ports import Usage
from runs.engine.projection import project
from runs.engine.recall import RECALL
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Effect, RunStatus, StopReason
from runs.runtime import run_ledger
from runs.runtime.blame import LostRun
from runs.runtime.lease import Lease
from runs.simulation.lives import FoldedRow, SimulatedRun
from runs.simulation.rare_branches import reached
from runs.simulation.standing_effects import StandingEffects
from runs.simulation.undo_watch import UndoWatch

if TYPE_CHECKING:
    from runs.simulation.world import SimulatedWorld

EVERY = 20
ENDS = (e.RunStopped, e.RunCompleted, e.UndoEnded)
INTENTS = (e.CallIntended, e.CallRetried)
BY_PEOPLE = (e.RunResumed, e.KillRequested, e.RunRequeued, e.RunExtended, e.RunContinued)


class InvariantWatch:
    """The watch over all invariants; told of each append, each effect and each loss. A violation is
    a sentence that names its run and moment.
    """

    def __init__(self, world: "SimulatedWorld") -> None:
        self.world = world
        self.violations: list[str] = []
        self.marks = Counter[str]()
        self.tally = Counter[str]()
        """How much of it there was: of the events, crashes and whatever else is counted."""
        self.struck = Counter[str]()
        """How often each kind of fault struck."""
        self.begun: dict[tuple[UUID, int, str], bool] = {}
        self.paused: set[UUID] = set()
        self.denied: set[tuple[UUID, str]] = set()
        self.asked: set[tuple[UUID, str]] = set()
        self.approved: set[tuple[UUID, str]] = set()
        self.intended: set[tuple[UUID, str]] = set()
        self.undoing: set[tuple[UUID, str]] = set()
        self.undo_watch = UndoWatch(self.violated)
        self.standing = StandingEffects(self.violated)
        self.excused = Counter[tuple[UUID, str]]()
        self.cut_off: dict[tuple[UUID, str], bool] = {}
        self.guilty: dict[str, UUID] = {}
        self.innocent: set[UUID] = set()
        self.keyed: dict[str, list[tuple[UUID, str, datetime]]] = defaultdict(list)
        self.spent = Decimal(0)
        self.tables: dict[UUID, Decimal] = {}

    def violated(self, run: UUID, sentence: str) -> None:
        life = self.world.journals.lives[run]
        self.violations.append(
            f"{life.snapshot['name']} at {self.world.seconds:.3f} s, event {len(life.stored)}:"
            f" {sentence}"
        )

    def heard(self, life: SimulatedRun, folded: Sequence[FoldedRow]) -> None:
        self.tally["events"] += len(folded)
        state = life.state_after(len(life.stored) - len(folded))
        for event, after in folded:
            self.marks.update(reached(state, event))
            self.ordered(life, event)
            self.undo_watch.heard(life.run, event, state)
            self.counted(life, event, state)
            self.read_again(life, event)
            if isinstance(event, e.KillAcknowledged):
                self.all_over(life.run, state.epoch)
            state = after
            self.beside(life, event, state)
            if isinstance(event, ENDS) and state.final:
                self.standing.ended(life.run, state, partial(self.was_excused, life.run))
        if state.usd > state.limits.usd + self.tables.get(life.run, Decimal(0)):
            self.violated(life.run, f"${state.usd} spent of ${state.limits.usd}")
        if len(life.stored) // EVERY != (len(life.stored) - len(folded)) // EVERY or state.final:
            self.shown(life, state)
        if state.price_in is not None:
            guess = estimate(state).usd or Decimal(0)
            self.tables[life.run] = max(guess, self.tables.get(life.run, Decimal(0)))

    def was_excused(self, run: UUID, call: str) -> bool:
        return bool(self.excused[run, call])

    def beside(self, life: SimulatedRun, event: e.RunEvent, after: RunState) -> None:
        """Checks that several calls are in flight only where all of them only read, and no more
        than may be.
        """
        flying = after.flights
        if isinstance(event, e.CallIntended) and len(flying) > 1:
            self.tally["parallel_calls"] += 1
            if len(flying) > after.parallel:
                self.violated(life.run, f"{len(flying)} calls in flight, {after.parallel} are let")
            if any(each.effect is not Effect.READ for each in flying):
                self.violated(life.run, f"{event.call} is intended beside what changes the world")
        if type(event) is e.RunStopped and event.reason is StopReason.KILLED_IN_DOUBT:
            reading = [each.call for each in flying if each.effect is Effect.READ]
            if reading:
                self.violated(life.run, f"{reading} only read, and are left in doubt by a kill")

    def all_over(self, run: UUID, epoch: int) -> None:
        """Checks that a kill is confirmed only once none of its worker's calls is at the far
        side.
        """
        going = [call for of, under, call in self.begun if (of, under) == (run, epoch)]
        if going:
            self.violated(run, f"its kill is confirmed while {', '.join(going)} is being made")

    def shown(self, life: SimulatedRun, state: RunState) -> None:
        """Checks that the row says what the journal folds to."""
        row = project(state)
        wrong = [column for column, value in row.items() if life.row.get(column) != value]
        if state != life.state or wrong:
            self.violated(life.run, f"its row is not the fold of its journal: {', '.join(wrong)}")

    def ordered(self, life: SimulatedRun, event: e.RunEvent) -> None:
        """Checks that a machine never undoes what a person ordered."""
        run = life.run
        if isinstance(event, e.PauseRequested):
            self.paused.add(run)
        elif isinstance(event, BY_PEOPLE):
            self.paused.discard(run)
        elif run in self.paused and isinstance(event, INTENTS):
            self.violated(run, f"{event.kind} {event.call} although it was paused")
        if isinstance(event, e.CallAsked):
            self.asked.add((run, event.call))
        if isinstance(event, e.CallDecided):
            yes = event.word in (AnswerAct.APPROVE, AnswerAct.EDIT)
            (self.approved if yes else self.denied).add((run, event.call))

    def read_again(self, life: SimulatedRun, event: e.RunEvent) -> None:
        """Checks that a recalled step is what its calls have returned, each as it was."""
        self.tally["compactions"] += isinstance(event, e.ContextCompacted)
        self.tally["undos"] += isinstance(event, e.UndoReturned)
        if not isinstance(event, e.CallReturned) or event.tool != RECALL or event.error:
            return
        first = [
            each
            for each, _ in life.folded
            if isinstance(each, e.CallReturned) and each.step == 1 and not each.retry_at
        ]
        were = [f"Error: {each.error}" if each.error else each.result for each in first]
        several = len(were) > 1 and isinstance(event.result, list)
        found = [each["result"] for each in event.result] if several else [event.result]
        if were and found != were:
            self.violated(life.run, f"what was recalled of step 1 is not what it was: {found}")

    def counted(self, life: SimulatedRun, event: e.RunEvent, state: RunState) -> None:
        run = life.run
        if isinstance(event, e.CallIntended):
            named = (run, event.call)
            self.intended.add(named)
            self.standing.intended(run, event)
            if named in self.asked and named not in self.approved:
                self.violated(run, f"{event.call} is intended, nobody approved it")
            if event.tool == "wire" and named not in self.asked:
                self.violated(run, f"{event.call} needs a person and nobody was asked")
            if self.cut_off.get(named):
                self.violated(run, f"{event.call} is intended although its breaker is open")
            if event.effect_key:
                self.once(run, event)
        elif isinstance(event, e.UndoIntended):
            self.undoing.add((run, event.call))

    def once(self, run: UUID, event: e.CallIntended) -> None:
        """Checks that no effect that was truly had, and not undone, is intended again unless a
        person was told of it.
        """
        had = [
            (other, call)
            for other, call, until in self.keyed[event.effect_key]
            if (other == run or until > event.at)
            and self.world.effects[other, call]
            and not self.world.undos[other, call]
            and not self.excused[other, call]
        ]
        if had and not event.repeats:
            self.violated(run, f"{event.call} is intended, its effect was had: {had[-1][1]}")
        self.keyed[event.effect_key].append((run, event.call, event.effect_until or event.at))

    def taken(self, held: Lease) -> None:
        innocent = held.run in self.innocent
        self.innocent.discard(held.run)
        self.marks["a loss that counts against nobody"] += held.lost and not held.blamed
        if innocent and held.lost and held.blamed:
            self.violated(held.run, "it is blamed for a worker that another run took along")

    def losing(self, held: Sequence[LostRun]) -> None:
        """Notes which lost runs cannot be to blame: another one was at work, or suspected, and they
        were neither.
        """
        for each in held:
            mates = [mate for mate in held if mate.owner == each.owner and mate is not each]
            spared = each.at_work() or each.suspect or self.guilty.get(each.owner) == each.run
            if not spared and any(mate.at_work() or mate.suspect for mate in mates):
                self.innocent.add(each.run)
            else:
                self.innocent.discard(each.run)

    def paid(self, run: UUID, usage: Usage) -> None:
        """Counts what a planner's answer cost, whether or not anybody ever hears it."""
        self.spent += usage.usd or Decimal(0)
        amount = self.world.treasury.budget.amount
        if self.spent > amount:
            self.violated(run, f"${self.spent} spent of a budget of ${amount}")

    def landed(self, run: UUID, call: str, epoch: int, *, undo: bool, tool: str) -> None:
        """Notes an effect that happens this instant."""
        life, named = self.world.journals.lives[run], (run, call)
        what = f"the {'undo' if undo else 'call'} {call} of {tool}"
        if named not in (self.undoing if undo else self.intended):
            self.violated(run, f"{what} has an effect without an intent")
        if epoch != life.epoch:
            self.violated(run, f"{what} has an effect under epoch {epoch}, which is over")
        if not undo and life.state.status is RunStatus.COMPENSATING:
            self.violated(run, f"{what} has an effect after the kill was confirmed")
        if not undo and named in self.denied:
            self.violated(run, f"{what} has an effect although it was denied")
        self.alone(run, call, epoch, what)
        self.standing.landed(run, call, undo=undo)
        done = (self.world.undos if undo else self.world.effects)[named]
        if len(done) > 1 + self.excused[named]:
            self.violated(run, f"{what} has had {len(done)} effects")

    def alone(self, run: UUID, call: str, epoch: int, what: str) -> None:
        """Checks that what changes the world happens while no other call of its run is at the far
        side.
        """
        others = [
            other
            for (of, under, other), reads in self.begun.items()
            if (of, under) == (run, epoch)
            and other != call
            and not (reads and self.begun[run, epoch, call])
        ]
        if others:
            self.violated(run, f"{what} has an effect beside {', '.join(others)}")

    def at_rest(self) -> None:
        """Checks what must hold at the end, when nothing more will come."""
        for life in self.world.journals.lives.values():
            if not life.state.final:
                self.violated(
                    life.run,
                    f"never ended: {life.state.status} {life.state.waiting_for or ''}"
                    f" {life.state.control}",
                )
            self.shown(life, run_ledger.replayed(life.stored)[0])
