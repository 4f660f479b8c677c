"""People who watch runs: they pause, resume, kill, approve, deny, settle and requeue, with the
checks that `runs.services` makes.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from console.journal.records import Actor
from runs import services
from runs.engine import compensation, continuing, outcomes
from runs.engine import events as e
from runs.engine.fold import fold
from runs.engine.kept_calls import CallAsk
from runs.engine.moves import CONTINUABLE
from runs.engine.ports import Happened
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, CallAct, Compensation, Control, RunStatus, Waiting
from runs.simulation.lives import SimulatedRun
from runs.simulation.world import SimulatedWorld

WHO = "user:olga"
LOOKS_BACK = 0.05
"""How often they look at what has ended rather than at what goes on."""
OPEN = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING)
DECIDED: tuple[CallAct, ...] = (
    AnswerAct.APPROVE,
    AnswerAct.APPROVE,
    AnswerAct.APPROVE,
    AnswerAct.EDIT,
    AnswerAct.DENY,
    AnswerAct.EXPIRE,
    AnswerAct.RESPOND,
)
QUIET = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.COMPENSATING)


class SimulatedOperators:
    """The people of a simulated house. `nudge` asks for a worker, `tell` reaches the one that holds
    the run.
    """

    def __init__(self, world: SimulatedWorld) -> None:
        self.world, self.dice = world, world.dice

    async def live(self) -> None:
        """Act for as long as the world lasts, with less and less patience: at the end they let
        everything go on and answer all that is asked.
        """
        while True:
            await asyncio.sleep(self.dice.uniform(0.05, 0.6) if not self.world.calm else 2.0)
            if self.world.away:
                continue
            for life in self.chosen():
                self.act(life)

    def chosen(self) -> Sequence[SimulatedRun]:
        every = self.world.journals.lives.values()
        lives = [life for life in every if not settled_for_good(life.state)]
        if self.world.calm:
            return lives
        ended = [life for life in every if life.state.final and life.state.undoable]
        lives = ended if ended and self.dice.random() < LOOKS_BACK else lives
        return [self.dice.choice(lives)] if lives else []

    def act(self, life: SimulatedRun) -> None:
        state, at = life.state, self.world.now()
        if outcomes.in_doubt(state) or outcomes.undo_in_doubt(state):
            self.settle(life, state, at)
        elif (
            (ask := asked(state))
            and state.status is RunStatus.WAITING
            and state.control is not Control.KILL
        ):
            word = self.dice.choice(DECIDED)
            args = {"n": 9} if word is AnswerAct.EDIT else None
            self.say(
                life,
                [
                    e.CallDecided(
                        at=at,
                        actor=WHO,
                        step=state.step,
                        tool="wire",
                        call=ask.call,
                        word=word,
                        args=args,
                    )
                ],
            )
        elif (
            state.status is RunStatus.PAUSED
            and not state.control
            and (self.world.calm or self.dice.random() < 0.6)
        ):
            self.say(life, [e.RunResumed(at=at, actor=WHO)])
        elif state.final:
            self.act_on_an_ended(life, state, at)
        elif self.world.happens("people", 0.5):
            self.control_request(life, state, at)
        elif state.late:
            self.say(life, [e.LateAcknowledged(at=at, actor=WHO)])

    def act_on_an_ended(self, life: SimulatedRun, state: RunState, at: datetime) -> None:
        calm = self.world.calm
        if state.undo_asked:
            self.answer_undo(life, state, at)
        elif state.late:
            self.say(life, [e.LateAcknowledged(at=at, actor=WHO)])
        elif state.undoable and not calm and self.dice.random() < 0.3:
            self.undo_later(life, state, at)
        elif state.undone or calm:
            return
        elif state.stop_reason in services.DEAD_LETTERS and self.dice.random() < 0.3:
            self.say(life, [e.RunRequeued(at=at, actor=WHO)], dict(services.queued_again(at)))
        elif state.stop_reason in CONTINUABLE:
            self.go_on(life, state, at)

    def answer_undo(self, life: SimulatedRun, state: RunState, at: datetime) -> None:
        """Whoever is asked has it undone, or says that it stands."""
        yes = self.dice.random() < 0.6
        undoes = {"undoes": state.undo_asked} if yes else {}
        kind: Callable[..., e.RunEvent] = e.UndoBegun if yes else e.UndoDeclined
        self.say(life, [kind(at=at, actor=WHO, request="1", **undoes)])

    def undo_later(self, life: SimulatedRun, state: RunState, at: datetime) -> None:
        """Some of what an ended run did, named in any order; now and then somebody else has to
        agree.
        """
        able = [entry.call for entry in state.undoable]
        undoes = tuple(self.dice.sample(able, self.dice.randint(1, len(able))))
        kind = e.UndoAsked if self.dice.random() < 0.2 else e.UndoBegun
        self.say(life, [kind(at=at, actor=WHO, undoes=undoes)])

    def go_on(self, life: SimulatedRun, state: RunState, at: datetime) -> None:
        """Continue an ended run now and then, where it would not end again at once."""
        word = e.RunContinued(at=at, actor=WHO, note="dealt with")
        often = not self.world.calm and self.dice.random() < 0.3
        if often and not continuing.obstacle(fold(state, word), at):
            self.say(life, [word])

    def control_request(self, life: SimulatedRun, state: RunState, at: datetime) -> None:
        dice = self.dice.random()
        if state.control is Control.PAUSE and dice < 0.4:
            self.say(life, [e.RunResumed(at=at, actor=WHO)])
        elif state.status in OPEN and not state.control and dice < 0.6:
            request = e.PauseRequested(at=at, actor=WHO)
            running = state.status is RunStatus.RUNNING
            self.say(life, [request] if running else [request, e.RunPaused(at=at, actor=WHO)])
        elif (
            state.status in (*OPEN, RunStatus.PAUSED)
            and state.control is not Control.KILL
            and dice > 0.9
        ):
            chosen = compensation.of_kill(state.compensation)
            if self.dice.random() < 0.2:
                chosen = self.dice.choice(list(Compensation))
            self.say(life, [e.KillRequested(at=at, actor=WHO, compensate=chosen)])

    def settle(self, life: SimulatedRun, state: RunState, at: datetime) -> None:
        """Settle a call in doubt by the far side's own ledger; now and then nobody knows, or
        somebody is wrong.
        """
        undo = outcomes.undo_in_doubt(state)
        asked = state.undo_next if undo else state.flight
        call = asked.call if asked else ""
        done = (self.world.undos if undo else self.world.effects)[life.run, call]
        word = Happened.YES if done else Happened.NO
        dice = self.dice.random()
        if dice < 0.15:
            word = Happened.UNKNOWN
        elif self.world.happens("wrong", 0.05):
            word = Happened.NO if done else Happened.YES
            self.world.watch.excused[life.run, call] += 1
        self.say(life, services.settlement(state, Actor(WHO), at, word, "I looked.", None))

    def say(
        self,
        life: SimulatedRun,
        events: Sequence[e.RunEvent],
        projection: dict[str, object] | None = None,
    ) -> None:
        self.world.journals.say(life.run, events, projection)
        self.world.wake(life.run)


def settled_for_good(state: RunState) -> bool:
    return (
        state.final
        and not state.late
        and not outcomes.in_doubt(state)
        and not state.undo_asked
        and state.stop_reason not in services.DEAD_LETTERS
    )


def asked(state: RunState) -> CallAsk | None:
    return next((ask for ask in state.asks if ask.word is None), None)


def waits_for_people(state: RunState) -> bool:
    return state.waiting_for in (Waiting.APPROVAL, Waiting.IN_DOUBT)
