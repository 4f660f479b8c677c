"""What a simulated run works with: a planner, tools whose effects are truly counted, and rules over
shared breakers and one budget.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from console.json_value import Json
from policies.decision import ALLOWED, Decision, DecisionKind
from policies.gate.effect_keys import ProposedEffect
from runs import fence
from runs.engine import effects_had
from runs.engine.engine_errors import PlannerError, PlannerFault, ToolError
from runs.engine.kept_calls import Flight
from runs.engine.limits import Estimate
from runs.engine.ports import (
    Happened,
    Lookup,
    PlannerTurn,
    PlanRequest,
    Prepared,
    PreparedCalls,
    ReadyCall,
    Returned,
    Tier,
    Tool,
    Toolbox,
    ToolCall,
    ToolContext,
    ToolSpec,
    Usage,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Effect, LossBlame, Verdict
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.claiming import no_problems
from runs.runtime.lease import Lease
from runs.simulation import small_windows
from runs.simulation.world import Landed
from runs.supervision.shared_budgets import BudgetGuard

if TYPE_CHECKING:
    from runs.simulation.workers import SimulatedWorker

WINDOW = timedelta(seconds=40)
"""In which an effect with a key is had once over all runs."""
OBJECT: Mapping[str, Json] = {"type": "object"}
SPECS = {
    spec.name: spec
    for spec in (
        ToolSpec("look", "reads", OBJECT, effect=Effect.READ, idempotent=True, timeout=10),
        ToolSpec("search", "reads too", OBJECT, effect=Effect.READ, idempotent=True, timeout=10),
        ToolSpec("pay_once", "idempotent", OBJECT, idempotent=True, timeout=10),
        ToolSpec("pay_known", "can be looked up", OBJECT, has_lookup=True, timeout=10),
        ToolSpec("pay_blind", "nobody can say", OBJECT, timeout=10),
        ToolSpec("wire", "needs a person", OBJECT, has_lookup=True, timeout=10),
        ToolSpec(
            "ship", "once for an order", OBJECT, has_lookup=True, timeout=10, effect_key=("order",)
        ),
        ToolSpec(
            "book",
            "undone as often as one likes",
            OBJECT,
            effect=Effect.REVERSIBLE,
            idempotent=True,
            timeout=10,
            has_undo=True,
            undo_idempotent=True,
        ),
        ToolSpec(
            "hire",
            "its undo can be looked up",
            OBJECT,
            effect=Effect.REVERSIBLE,
            timeout=10,
            has_lookup=True,
            has_undo=True,
            has_undo_lookup=True,
        ),
        ToolSpec(
            "gift",
            "of its undo nobody can say",
            OBJECT,
            effect=Effect.REVERSIBLE,
            timeout=10,
            has_lookup=True,
            has_undo=True,
        ),
        ToolSpec(
            "bomb",
            "takes its worker along",
            OBJECT,
            effect=Effect.READ,
            idempotent=True,
            timeout=10,
        ),
    )
}
ALL_SPECS = tuple(SPECS.values())
USUAL = tuple(name for name in SPECS if name != "bomb")
READING = ("look", "search")


class SimulatedPlanner:
    """A planner that answers the same step in the same way each time: its dice are the run's."""

    model = "simulated"

    def __init__(self, worker: "SimulatedWorker", run: UUID, snapshot: Mapping[str, Json]) -> None:
        self.worker, self.run, self.snapshot = worker, run, snapshot

    @property
    def window(self) -> int | None:
        return self.snapshot.get("window")

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        return Decimal(tokens_in + 4 * tokens_out) / 1_000_000

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        world = self.worker.world
        await self.worker.moment("planning", self.run)
        await asyncio.sleep(world.dice.uniform(0.05, 1.5))
        if world.happens("planner", 0.06):
            raise PlannerError(
                PlannerFault.TRANSIENT, "hiccup", retry_after=world.dice.choice((None, 20.0))
            )
        answer = self.answered(request)
        world.watch.paid(self.run, answer.usage)
        await self.worker.moment("planned", self.run)
        return answer

    def answered(self, request: PlanRequest) -> PlannerTurn:
        """A turn or a summary. Raises PlannerError for what the model does not take."""
        world = self.worker.world
        life = world.journals.lives[self.run]
        # a worker that has lost the run asks from what it knew then
        holds = life.owner == self.worker.name and request.step == life.state.step + 1
        if request.tier is not Tier.SUMMARISE and holds:
            for sentence in small_windows.wrong(self.snapshot, request, life.state):
                world.watch.violated(self.run, sentence)
        small_windows.refused(self.snapshot, request)
        if request.tier is Tier.SUMMARISE:
            return small_windows.summary(request, self.price)
        found = small_windows.again(turn(request, "poison" in world.faults), request)
        return small_windows.counted(found, self.snapshot, request)


def turn(request: PlanRequest, poison: bool) -> PlannerTurn:
    dice = Random(f"{request.seed}:{request.step}")
    usage = Usage(
        dice.randint(10, 200), dice.randint(10, 1_000), Decimal(dice.randint(1, 30)) / 10_000
    )
    if request.step > 3 + request.seed % 9:
        return PlannerTurn(final="done", usage=usage)
    if poison and request.seed % 23 == 0 and request.step == 2:
        return PlannerTurn(calls=(ToolCall("b", "bomb", {}),), usage=usage)
    calls = tuple(
        ToolCall(
            f"c{place}", tool, {"n": place} | (order(dice, request.seed) if tool == "ship" else {})
        )
        for place, tool in enumerate(tools_of_a_turn(dice))
    )
    return PlannerTurn(thought="on", calls=calls, usage=usage)


def order(dice: Random, seed: int) -> dict[str, Json]:
    """Arguments that name an order: mostly the run's own, which others have as well, written in one
    way or another; now and then none.
    """
    number = dice.choice((seed % 5, seed % 5, dice.randint(0, 4)))
    return {"order": dice.choice((number, f"{number}.0", f" #{number}", number, None))}


def tools_of_a_turn(dice: Random) -> list[str]:
    """The tools of one turn: a few of any kind, or many that read with something else among
    them.
    """
    if dice.random() < 0.7:
        return [dice.choice((*USUAL, "ship")) for _ in range(dice.randint(1, 3))]
    tools = [dice.choice(READING) for _ in range(dice.randint(2, 12))]
    tools.insert(dice.randint(0, len(tools)), dice.choice(USUAL))
    return tools


class SimTool:
    """A tool at a far side that has its effect at one instant, and tells the truth about it."""

    def __init__(self, worker: "SimulatedWorker", run: UUID, spec: ToolSpec) -> None:
        self.worker, self.world, self.run, self.spec = worker, worker.world, run, spec

    def land(self, call: str, context: ToolContext, *, undo: bool) -> None:
        """Have the far side act: once for a key where it knows keys, each time it is asked
        otherwise.
        """
        done = (self.world.undos if undo else self.world.effects)[self.run, call]
        knows_keys = self.spec.undo_idempotent if undo else self.spec.idempotent
        if not (knows_keys and any(each.key == context.idempotency_key for each in done)):
            done.append(Landed(context.idempotency_key, context.epoch, self.world.seconds))
            self.world.watch.landed(self.run, call, context.epoch, undo=undo, tool=self.spec.name)

    async def act(self, context: ToolContext, *, undo: bool) -> Json:
        """Make the call. The watch knows of it from when it begins until it is over, whatever ends
        it.
        """
        here = (self.run, context.epoch, named(context.undoes or context.idempotency_key))
        self.world.watch.begun[here] = self.spec.reads and not undo
        try:
            return await self.acting(context, undo=undo)
        finally:
            del self.world.watch.begun[here]

    async def acting(self, context: ToolContext, *, undo: bool) -> Json:
        call, world, worker = (
            named(context.undoes or context.idempotency_key),
            self.world,
            self.worker,
        )
        await worker.moment("before the effect", self.run)
        fence.ask()
        if self.spec.name == "bomb":
            worker.end(self.run)
        await worker.latency(0.5)
        if world.happens("tool", 0.05):
            raise ToolError("refused", answered=True)
        if world.happens("tool", 0.02):
            raise self.cut_off("there")
        self.land(call, context, undo=undo)
        await worker.moment("after the effect", self.run)
        if world.happens("tool", 0.03):
            raise self.cut_off("back")
        if world.happens("tool", 0.03):
            await asyncio.sleep(60)
        await worker.latency(world.dice.choice((0.1, 0.1, 1.0, 6.0)))
        return {"id": call}

    def cut_off(self, way: str) -> ToolError:
        """A call that is cut off: by its own fault, or by something else in the same place."""
        blame = self.world.dice.choice(tuple(LossBlame))
        return ToolError(f"cut off on the way {way}", answered=False, blame=blame)

    def make_ready(self, args: Mapping[str, Json], context: ToolContext) -> ReadyCall:
        return WaitingAtFarSide(self, context)

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        return await self.act(context, undo=False)

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        return await self.act(context, undo=True)

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return Verdict.SUCCEEDED

    async def lookup(self, args: Mapping[str, Json], context: ToolContext) -> Lookup:
        return await self.truth(named(context.idempotency_key), undo=False)

    async def undo_lookup(
        self, args: Mapping[str, Json], result: Json, context: ToolContext
    ) -> Lookup:
        return await self.truth(named(context.undoes), undo=True)

    async def truth(self, call: str, *, undo: bool) -> Lookup:
        await self.worker.moment("looking up", self.run)
        await self.worker.latency(0.5)
        if self.world.happens("tool", 0.1):
            return Lookup(Happened.UNKNOWN)
        done = (self.world.undos if undo else self.world.effects)[self.run, call]
        return Lookup(Happened.YES if done else Happened.NO, {"id": call})


class WaitingAtFarSide:
    """A call that was made ready: it acts once, when it has the word to go or is begun, and never
    after it was dropped.
    """

    def __init__(self, tool: SimTool, context: ToolContext) -> None:
        self.tool, self.context, self.dropped = tool, context, False
        self.acting: asyncio.Task[Json] | None = None

    @property
    def going(self) -> bool:
        return self.acting is not None

    def go(self) -> bool:
        fence.ask()
        worker, world = self.tool.worker, self.tool.world
        self.acting = world.loop.create_task(self.tool.act(self.context, undo=False))
        self.dropped = True
        worker.playing.add(self.acting)
        self.acting.add_done_callback(worker.playing.discard)
        world.watch.marks["a call that goes before it is awaited"] += 1
        return True

    async def begin(self, meanwhile: Callable[[], None]) -> Json:
        acting, self.acting = self.acting, None
        if acting is not None:
            meanwhile()
            return await acting
        if self.dropped:
            self.tool.world.watch.violated(self.tool.run, "a call that was dropped is begun")
        self.dropped = True
        meanwhile()
        self.tool.world.watch.marks["a call begun that was made ready"] += 1
        return await self.tool.act(self.context, undo=False)

    def drop(self) -> None:
        self.tool.world.watch.marks["a call made ready and dropped"] += not self.dropped
        self.dropped = True


def named(key: str) -> str:
    """The name of a call, out of its idempotency key."""
    return key.split(":")[1]


class SimulatedToolbox:
    def __init__(self, worker: "SimulatedWorker", run: UUID) -> None:
        self.worker, self.run = worker, run

    def specs(self) -> tuple[ToolSpec, ...]:
        return ALL_SPECS

    def find(self, name: str) -> Tool | None:
        spec = SPECS.get(name)
        return None if spec is None else SimTool(self.worker, self.run, spec)


class SimRules(OwnRules):
    """The runtime's own rules and the real guard of budgets;
    a gate that asks for each wire, breakers and retries.
    """

    def __init__(self, box: Toolbox, worker: "SimulatedWorker", held: Lease) -> None:
        super().__init__(box, no_problems)
        self.worker, self.world, self.run = worker, worker.world, held.run
        self.budgets = BudgetGuard(held, self.world.treasury)

    def weigh(self, state: RunState, call: ToolCall, now: datetime) -> Decision:
        if call.tool == "wire":
            return Decision(DecisionKind.ASK, rule="gate", sentence="Money leaves the house.")
        return super().weigh(state, call, now)

    async def prepare(
        self, state: RunState, proposed: Mapping[str, ToolCall], now: datetime
    ) -> PreparedCalls:
        return {name: self.prepared(state, name, call, now) for name, call in proposed.items()}

    def prepared(self, state: RunState, name: str, call: ToolCall, now: datetime) -> Prepared:
        decision, ask = self.weigh(state, call, now), state.ask_of(name)
        effect = self.known_by(call, now)
        let_through = ask is not None and ask.word in (AnswerAct.APPROVE, AnswerAct.EDIT)
        if decision.kind is DecisionKind.ASK and not let_through:
            self.world.watch.cut_off[self.run, name] = False
            return Prepared(call, decision, effect=effect)
        cut_off = self.world.open_breaker(call.tool)
        self.world.watch.cut_off[self.run, name] = cut_off
        return Prepared(call, decision, self.refused(call, ask) if cut_off else ALLOWED, effect)

    def known_by(self, call: ToolCall, now: datetime) -> ProposedEffect | None:
        """The effect of a call as `Supervised.effect_of` gives it, with the call of another run
        that has the key.
        """
        spec = self.spec(call.tool)
        effect = effects_had.proposed(spec, call, (), now + WINDOW) if spec else None
        if effect is None or not effect.key:
            return effect
        return replace(effect, elsewhere=self.world.journals.claims.found(effect.key, self.run))

    def summariser(self, state: RunState) -> str | None:
        named = self.worker.world.journals.lives[self.run].snapshot["summarise"]
        return None if named is None else str(named)

    def refused(self, call: ToolCall, ask: object) -> Decision:
        return Decision(DecisionKind.DENY, "breaker", sentence=f"{call.tool} fails for everybody.")

    def may_retry(
        self, state: RunState, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Decision:
        if verdict is not Verdict.FAILED or flight.attempt >= 3:
            return Decision(DecisionKind.DENY)
        return Decision(DecisionKind.ALLOW, "retries", facts={"wait": flight.attempt * 4 - 3})

    async def reserve(self, state: RunState, estimate: Estimate, now: datetime) -> Decision:
        return await self.budgets.draw(state, estimate, now)

    def at_hand(self, state: RunState, estimate: Estimate, now: datetime) -> Decision | None:
        return self.budgets.at_hand(state, estimate, now)

    async def settle(self, state: RunState, usage: Usage | None, now: datetime) -> None:
        self.budgets.settle(usage)

    async def close(self, state: RunState, now: datetime) -> None:
        await self.worker.breath()
        await self.budgets.close(state, now)
