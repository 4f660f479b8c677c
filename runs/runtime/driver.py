"""Drives one held run: ask the engine, do the effect, commit what came of it; until there is
nothing more to do.

Two commits stand around an effect that may change the world. Commit A holds the planner's turn and
the intent of its call, before the call; commit B what came back and what it means, after it. Lost
between them, a worker leaves one call in flight that the next one knows of. With the intent written
after the call, or beside its result, the next worker would find no trace and make it again; with
the verdict in a commit of its own, something could be built on a result that nobody has judged. A
planner's turn needs no intent: it changes nothing, so it is asked for again.

Every commit is made from the newest state (`RunWriter.commit`): what a person said meanwhile is
read first, so that a decision is never written over a word that came before it.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, assert_never

from console.live.frames import Frame
from policies.decision import Decision, DecisionKind
from policies.outages.pace import Turn
from policies.routing.rules import Routed
from policies.verdicts import Meaning
from runs.engine import actions, call_decisions, folding, ids, killing, machine, outcomes
from runs.engine.actions import ApprovalGate
from runs.engine.course import Course
from runs.engine.engine_errors import PlannerError
from runs.engine.events import HintGiven, RunDowngraded, RunEvent, RunLeased, RunRouted
from runs.engine.ports import (
    NOTHING_KNOWN,
    Happened,
    Incomplete,
    Inquiry,
    Lookup,
    Planner,
    PreparedCalls,
    PricedByTier,
    Returned,
    Tool,
    Toolbox,
    ToolContext,
)
from runs.engine.recall import offered
from runs.engine.state import Away, Flight, RunState, Undoable
from runs.engine.tokens import of_text, rendered
from runs.engine.vocabulary import Control, Outcome, RunStatus, Verdict
from runs.fence import NotMade
from runs.runtime import announce, judge_calls, late, perform
from runs.runtime.dependencies import Supervision
from runs.runtime.handles import Handle, Killed
from runs.runtime.lease import Lease, told
from runs.runtime.perform import PLAN_TIMEOUT, provider_of
from runs.runtime.postgres_store import PostgresStore
from runs.runtime.run_writer import RunWriter
from runs.runtime.store_port import LeaseLost, StorePort
from runs.runtime.summarising import Asking
from runs.runtime.under_way import Back, UnderWay

log = logging.getLogger(__name__)
MILLION = 1_000_000
SAMPLE = 1_000
"""Tokens by which a planner is asked for its price: few enough for the first of its tiers."""
MISSING = "tools"
T = TypeVar("T")


def priced(planner: Planner) -> dict[str, Any]:
    """What a million tokens cost, and what they cost in longer contexts."""
    sent, answered = planner.price(SAMPLE, 0), planner.price(0, SAMPLE)
    per_million = MILLION // SAMPLE
    return {
        "price_in": None if sent is None else sent * per_million,
        "price_out": None if answered is None else answered * per_million,
        "price_tiers": planner.price_tiers if isinstance(planner, PricedByTier) else (),
    }


def cancelled(back: Back) -> bool:
    return back.returned.outcome is Outcome.CANCELLED


class Driver(RunWriter):
    """One run in one worker's hands, played on the process's loop.

    `clock` gives UTC; `draining` is set when the process wants to end.

    `learn` the journal and `heed` what waits in it first, then `configure`, then `drive`. Learning
    and configuring are done by the caller's own thread, since a long history takes a while to fold
    and to think about.
    """

    rules: Supervision
    toolbox: Toolbox
    planner: Planner
    missing: tuple[str, ...] = ()

    def __init__(
        self,
        lease: Lease,
        handle: Handle,
        planners: Callable[[str], Planner],
        approvals: ApprovalGate,
        clock: Callable[[], datetime],
        draining: threading.Event,
        store: StorePort | None = None,
        announcing: Callable[[Frame], None] = announce.announce,
    ) -> None:
        super().__init__(lease, handle, approvals, clock, store or PostgresStore(lease), announcing)
        self.planners, self.draining = planners, draining
        self.prompt = str(lease.snapshot.get("prompt", ""))
        self.under_way = UnderWay()

    def configure(self, toolbox: Toolbox, rules: Supervision) -> None:
        """With its tools and rules; with its planner as well unless all that is left to do is to
        undo.
        """
        self.toolbox, self.rules = toolbox, rules
        self.missing = toolbox.missing if isinstance(toolbox, Incomplete) else ()
        self.supervise(rules)
        if not self.killed:
            self.planner = self.planners(self.state.planner)

    @property
    def killed(self) -> bool:
        return self.state.status is RunStatus.COMPENSATING

    async def heed(self) -> None:
        """Acknowledge a kill that waits: nothing else is asked for before, no tool, no planner, no
        rule.
        """
        try:
            await self.hear()
            if self.state.control is Control.KILL:
                await self.commit(self.acknowledged)
            elif self.handle.halted and not (self.killed or self.state.final):
                raise LeaseLost(f"run {self.lease.run}: halted, and nobody has killed it")
        finally:
            await self.store.let_go()

    async def hear(self) -> None:
        if self.handle.news:
            self.handle.news = False
            await self.catch_up()

    async def drive(self) -> None:
        """Play the run until it ends, waits, pauses, or the process drains."""
        try:
            await self.commit(self.take)
            await self.play_until_left()
        finally:
            await self.store.let_go()

    async def play_until_left(self) -> None:
        try:
            await self.play_on()
        except LeaseLost:
            for back in await self.under_way.broken_off():
                await self.late(back)
            raise
        finally:
            await self.under_way.broken_off()
            # what another may have taken over is not ours to settle: the clock returns it
            if self.handle.good():
                await self.rules.close(self.state, self.clock())

    async def play_on(self) -> None:
        """A run whose lease was given back with its last event is another's to take, whatever a
        person says of it meanwhile.
        """
        while not (self.draining.is_set() or self.handle.leaving):
            await self.hear()
            if self.state.control is Control.KILL and self.state.status is RunStatus.RUNNING:
                await self.land(await self.under_way.broken_off())
                await self.heed()
                continue
            effect = machine.next_effect(self.state, self.rules, self.clock(), self.prompt)
            if isinstance(effect, actions.Release):
                return
            await self.play(effect)
        # The process ends: what is under way is waited for, and nothing more is begun.
        while self.under_way and not self.handle.leaving:
            await self.land(await self.under_way.first())

    # one case an effect
    async def play(self, effect: actions.Action) -> None:  # noqa: C901
        match effect:
            case actions.Plan():
                await self.plan(effect)
            case actions.Perform():
                await self.make(effect)
            case actions.Summarise():
                await self.summarise(effect)
            case actions.Judge():
                await self.judge(effect.inquiry)
            case actions.Resolve():
                await self.resolve(effect.flight)
            case actions.Undo():
                await self.undo(effect)
            case actions.ResolveUndo():
                await self.resolve_undo(effect)
            case actions.Record():
                known = await self.prepared()
                await self.commit(lambda state, now: self.again(state, now, known))
            case actions.Sleep():
                await self.handle.sleep((effect.until - self.clock()).total_seconds())
            case actions.Release():
                pass
            case _:
                assert_never(effect)

    def take(self, state: RunState, now: datetime) -> Sequence[RunEvent]:
        """That this worker has the run in hand, once; nothing when a person's word has come
        between.
        """
        if state.epoch == self.lease.epoch:
            return ()
        return machine.taken(state, RunLeased(at=now, **told(self.lease), **self.prices(state)))

    def acknowledged(self, state: RunState, now: datetime) -> Sequence[RunEvent]:
        if state.epoch != self.lease.epoch:
            return self.take(state, now)
        waits = state.control is Control.KILL and state.status is RunStatus.RUNNING
        return killing.acknowledged(state, now) if waits else ()

    def prices(self, state: RunState) -> dict[str, Any]:
        """What planning will cost; of a killed run, which plans no more, what was known."""
        if self.killed or state.control is Control.KILL:
            return {
                "price_in": state.price_in,
                "price_out": state.price_out,
                "price_tiers": state.price_tiers,
                "window": state.window,
                "overhead": state.overhead,
            }
        described = sum(
            of_text(spec.description + rendered(dict(spec.schema)))
            for spec in offered(self.toolbox, state)
        )
        return {
            **priced(self.planner),
            "window": self.planner.window,
            "overhead": of_text(self.prompt) + described,
        }

    def again(self, state: RunState, now: datetime, known: PreparedCalls) -> Sequence[RunEvent]:
        """What the engine wants recorded as things stand at the commit; nothing when news made it
        want something else.
        """
        effect = machine.next_effect(state, self.rules, now, self.prompt, known)
        return effect.events if isinstance(effect, actions.Record) else ()

    async def prepared(self) -> PreparedCalls:
        """What rules need to know of the queued calls; nothing once they are not asked: a kill has
        come, say.
        """
        await self.hear()
        now = self.clock()
        if machine.at_once(self.state, now) is not None:
            return NOTHING_KNOWN
        return await self.rules.prepare(self.state, call_decisions.proposed(self.state), now)

    async def plan(self, effect: actions.Plan) -> None:
        """Reserve, ask, settle; commit the turn with the intent of its first call, or why there is
        none.
        """
        if self.missing and self.state.proposed is None:
            await self.commit(self.tell_missing)
            self.missing = ()
            return
        if (routed := self.rules.route(self.state)) is not None:
            await self.reroute(routed)
            return
        turn = await self.rules.turn(self.state, self.place, self.clock())
        if turn.wait > 0:
            await self.wait_for(turn)
            return
        reserved = await self.rules.reserve(self.state, effect.estimate, self.clock())
        if reserved.kind is not DecisionKind.ALLOW:
            await self.held_back(reserved)
            return
        started = perform.seconds()
        asked = perform.request(self.lease, self.state, effect, offered(self.toolbox, self.state))
        answer = await self.held(
            lambda: perform.ask(self.handle, self.planner, asked, self.in_time(PLAN_TIMEOUT))
        )
        took = perform.seconds() - started
        if isinstance(answer, PlannerError):
            failure = answer
            await self.rules.settle(self.state, failure.known_usage, self.clock())
            await self.rules.heard(self.state, self.place, failure, self.clock())
            patience = self.rules.patience(self.state.planner)
            await self.commit(
                lambda state, now: outcomes.after_plan_failure(state, failure, now, took, patience)
            )
        else:
            found = answer
            await self.rules.heard(self.state, self.place, None, self.clock())
            await self.rules.settle(self.state, found.usage, self.clock())
            await self.hear()
            now = self.ordered(self.clock())
            step = outcomes.planned(self.state, effect, found, now, took)
            known = await self.decided(step, now)
            await self.commit(
                lambda state, now: outcomes.after_plan(
                    state, effect, found, self.rules, now, took, known, step
                )
            )

    @property
    def place(self) -> str:
        """What the house shares the outages of: a model at a provider."""
        return f"{provider_of(self.planner)} {self.planner.model}"

    async def wait_for(self, turn: Turn) -> None:
        """Others are asked first: a moment in this worker's hands, longer out of them."""
        if turn.wait <= machine.LONGEST_SLEEP.total_seconds():
            await self.handle.sleep(turn.wait)
            return
        away = Away(provider_of(self.planner), turn.trouble, turn.since or self.clock())
        await self.commit(lambda state, now: machine.its_turn_later(state, away, turn.wait, now))

    def in_time(self, timeout: float) -> float:
        """Seconds that something may take, within the run's own time."""
        return perform.within(timeout, self.state.deadline, self.clock())

    async def decided(self, step: Course, now: datetime) -> PreparedCalls:
        """What is to be known of a turn's calls."""
        if machine.at_once(step.before, now) is not None:
            return NOTHING_KNOWN
        return await self.rules.prepare(step.after, call_decisions.proposed(step.after), now)

    def tell_missing(self, state: RunState, now: datetime) -> Sequence[RunEvent]:
        """To planner and people, once: which tools are not there and why, so that nobody takes this
        for a run that needs none.
        """
        text = (
            f"[Supervisor: {' '.join(self.missing)} Until that is mended its tools are missing, or"
            " fail when they are called.]"
        )
        if any(message.text == text for message in state.history):
            return ()
        return [
            HintGiven(
                at=now,
                step=state.step,
                text=text,
                rule=MISSING,
                facts={"missing": list(self.missing)},
            )
        ]

    async def judge(self, inquiry: Inquiry) -> None:
        """A second model's word on the last steps; without one the run goes on all the same."""
        started = perform.seconds()
        said = await self.held(
            lambda: judge_calls.asked(
                self.handle, self.lease, self.rules, self.state, inquiry, self.clock
            )
        )
        took = perform.seconds() - started
        await self.commit(lambda state, now: outcomes.after_judge(state, inquiry, said, now, took))

    async def summarise(self, effect: actions.Summarise) -> None:
        """A model's words for the steps that are folded; without any, lines of our own."""
        started = perform.seconds()
        asking = Asking(
            self.handle,
            self.lease,
            self.rules,
            self.clock,
            self.prompt,
            self.planner,
            self.planners,
        )
        answer = await self.held(
            lambda: asking.summary(self.state, effect, offered(self.toolbox, self.state))
        )
        took = perform.seconds() - started
        await self.commit(
            lambda state, now: folding.after_summary(
                state, effect.folding, answer, self.rules, now, took
            )
        )

    async def reroute(self, routed: Routed) -> None:
        """Go on with another of the agent's models, as its routing rules say."""
        planner = await asyncio.to_thread(self.planners, routed.planner)
        self.planner = planner
        await self.commit(
            lambda state, now: [
                RunRouted(
                    at=now,
                    step=state.step,
                    tier=routed.tier,
                    planner=routed.planner,
                    hold=routed.hold,
                    rule=f"routing:{routed.rule}" if routed.rule else "routing",
                    detail=routed.sentence,
                    **priced(planner),
                    window=planner.window,
                )
            ]
        )

    async def held_back(self, reserved: Decision) -> None:
        """A budget says no: the run goes on with a cheaper planner, or else pauses or ends."""
        if reserved.kind is not DecisionKind.ALLOW_WITH_CAPS:
            await self.commit(lambda state, now: outcomes.unless_asked(state, reserved, now))
            return
        cheaper = str(reserved.facts["downgrade"])
        self.planner = await asyncio.to_thread(self.planners, cheaper)
        await self.commit(lambda state, now: [self.downgraded(cheaper, reserved, now)])

    def downgraded(self, planner: str, reserved: Decision, now: datetime) -> RunDowngraded:
        return RunDowngraded(
            at=now,
            planner=planner,
            rule=reserved.rule,
            version=reserved.version,
            detail=reserved.sentence,
            facts=reserved.facts,
            **priced(self.planner),
            window=self.planner.window,
        )

    async def held(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, which begins something foreign.

        When the lease let nothing begin, it is done once the lease is renewed.

        Raises LeaseLost when the lease is another's: nothing has been begun, and whoever has the
        run now does what is to be done.
        """
        while True:
            try:
                return await work()
            except NotMade:
                sent = self.handle.clock()
                log.warning(
                    "run %s: not begun, its lease may be over: step %s %s",
                    self.lease.run,
                    self.state.step,
                    self.state.tool,
                )
                if self.handle.lost or not await self.store.keep(self.lease.owner):
                    raise LeaseLost(
                        f"run {self.lease.run}: its epoch {self.lease.epoch} is over; what was to"
                        " begin was not made"
                    ) from None
                self.handle.renewed(sent)

    async def make(self, effect: actions.Perform) -> None:
        """Make the calls that are not under way yet, and commit what is back first.

        One that is alone is waited for right here: a task would cost every step.
        """
        if len(effect.flights) == 1 and not (self.under_way or effect.until):
            await self.land([await self.made(effect.flights[0])])
            return
        for flight in effect.flights:
            if flight.call not in self.under_way:
                self.under_way.begin(flight.call, self.made(flight))
        left = (effect.until - self.clock()).total_seconds() if effect.until else None
        await self.land(await self.under_way.first(left))

    async def made(self, flight: Flight) -> Back:
        """Make one call in flight, and ask its tool what the result means."""
        tool, spec = self.toolbox.find(flight.tool), self.rules.spec(flight.tool)
        if tool is None or spec is None:
            gone = Returned(Outcome.ERROR, error=f"The tool {flight.tool} is no longer there.")
            return Back(flight, gone, Meaning(Verdict.UNKNOWN, "allowlist"), begun=False)
        context = self.context(flight.call, flight.ref, flight.step, flight.timeout)
        back = await self.held(
            lambda: perform.make(self.handle, tool, flight, context, self.clock())
        )
        try:
            said = await self.check(tool, flight, back, context)
        except LeaseLost as lost:
            return Back(flight, back, self.rules.meaning(spec, back, None), lost=lost)
        return Back(flight, back, self.rules.meaning(spec, back, said))

    async def check(
        self, tool: Tool, flight: Flight, back: Returned, context: ToolContext
    ) -> Verdict | None:
        """The tool's own word on its result, when it has one."""
        if not tool.spec.has_check or back.outcome is not Outcome.OK:
            return None
        return await self.held(lambda: perform.checked(self.handle, tool, flight, back, context))

    async def land(self, found: Sequence[Back]) -> None:
        """Commit what came back, one after the other, but for what is in flight no more: a kill has
        closed it, or the run is left with it open.

        Where one was cancelled, the others are as well: no kill is confirmed before all are over.
        """
        if any(map(cancelled, found)):
            found = sorted([*found, *await self.under_way.broken_off()], key=cancelled)
        for place, back in enumerate(found):
            if self.handle.leaving or self.state.flight_of(back.flight.call) is None:
                continue
            try:
                await self.called(back)
            except LeaseLost:
                for each in found[place:]:
                    await self.late(each)
                raise

    async def called(self, back: Back) -> None:
        """What came back and what it means, in one commit."""
        if back.lost is not None:
            raise back.lost
        flight, returned, meaning = back.flight, back.returned, back.meaning
        await self.rules.learn(self.state, flight, returned, meaning, self.clock())
        known = await self.prepared()
        await self.commit(
            lambda state, now: outcomes.after_call(
                state, returned, meaning, self.rules, now, known, flight.call
            )
        )

    async def late(self, back: Back) -> None:
        """Write down that it came back after the lease had ended."""
        if back.begun:
            flight, epoch, now = back.flight, self.lease.epoch, self.clock()
            came = late.of_call(flight, back.returned, back.meaning, epoch, now)
            await self.store.late(self.origin, came)

    async def resolve(self, flight: Flight) -> None:
        """Ask the tool whether a call that was cut off happened.

        A kill that comes between is heeded first, then it is asked again.
        """
        tool = self.toolbox.find(flight.tool)
        if tool is None:
            found, error = Lookup(Happened.UNKNOWN), f"The tool {flight.tool} is no longer there."
        else:
            context = self.context(flight.call, flight.ref, flight.step, flight.timeout)
            looking = partial(tool.lookup, flight.args, context)
            try:
                found, error = await self.held(
                    lambda: perform.looked_up(
                        self.handle, tool, looking, flight.timeout, cleaning=self.killed
                    )
                )
            except Killed:
                await self.heed()
                return
        known = await self.prepared()
        await self.commit(
            lambda state, now: outcomes.after_lookup(state, found, error, self.rules, now, known)
        )

    async def undo(self, effect: actions.Undo) -> None:
        entry, tool = effect.entry, self.toolbox.find(effect.entry.tool)
        if tool is None:
            back = Returned(Outcome.ERROR, error=f"The tool {entry.tool} is no longer there.")
        else:
            context = self.undo_context(entry, tool)
            back = await self.held(lambda: perform.reverse(self.handle, tool, entry, context))
        try:
            await self.commit(
                lambda state, now: outcomes.after_undo(entry, effect.attempt, back, now)
            )
        except LeaseLost:
            harmless = tool is None or entry.idempotent
            await self.store.late(
                self.origin,
                late.of_undo(entry, back, self.lease.epoch, self.clock(), harmless=harmless),
            )
            raise

    async def resolve_undo(self, effect: actions.ResolveUndo) -> None:
        entry, tool = effect.entry, self.toolbox.find(effect.entry.tool)
        if tool is None:
            found, error = Lookup(Happened.UNKNOWN), f"The tool {entry.tool} is no longer there."
        else:
            looking = partial(
                tool.undo_lookup, entry.args, entry.result, self.undo_context(entry, tool)
            )
            found, error = await self.held(
                lambda: perform.looked_up(
                    self.handle, tool, looking, tool.spec.timeout, cleaning=True
                )
            )
        await self.commit(
            lambda state, now: outcomes.after_undo_lookup(entry, effect.attempt, found, error, now)
        )

    def undo_context(self, entry: Undoable, tool: Tool) -> ToolContext:
        """An undo has a key of its own."""
        context = self.context(entry.call, entry.call, entry.step, tool.spec.timeout)
        return replace(
            context,
            idempotency_key=ids.undo_key(context.run, entry.call),
            undoes=context.idempotency_key,
        )

    def context(self, call: str, ref: str, step: int, timeout: float) -> ToolContext:
        return perform.tool_context(
            self.lease, call, ref, step, timeout, self.clock(), self.state.deadline
        )
