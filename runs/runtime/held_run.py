"""One run in one worker's hands: its tools, rules and planner, and what every action on it needs.

A kill that waits is heeded here, before any tool, planner or rule is asked.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from console.live.frames import Frame
from runs.engine import call_decisions, killing, machine
from runs.engine.actions import ApprovalGate
from runs.engine.events import RunEvent, RunLeased
from runs.engine.kept_calls import Flight
from runs.engine.pictures import Picture
from runs.engine.ports import (
    NOTHING_KNOWN,
    Planner,
    PreparedCalls,
    Toolbox,
    ToolContext,
    is_incomplete,
    is_priced_by_tier,
    may_see,
)
from runs.engine.recall import offered
from runs.engine.state import RunState
from runs.engine.tokens import of_text, rendered
from runs.engine.vocabulary import Control, RunStatus
from runs.fence import NotMade
from runs.runtime import perform
from runs.runtime.dependencies import Supervision
from runs.runtime.effect_claims import EffectTaken
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease, told
from runs.runtime.run_writer import RunWriter
from runs.runtime.store_port import LeaseLost, StorePort

log = logging.getLogger(__name__)
MILLION = 1_000_000
MOST_CLAIMS = 20
"""How often others may be quicker before something must be wrong with what is found out."""
SAMPLE = 1_000
"""Tokens by which a planner is asked for its price: few enough for the first of its tiers."""
T = TypeVar("T")


def priced(planner: Planner) -> dict[str, Any]:
    """The planner's prices as fields of an event: in USD per million tokens sent and answered, None
    where unknown, and the tiers for longer contexts.
    """
    sent, answered = planner.price(SAMPLE, 0), planner.price(0, SAMPLE)
    per_million = MILLION // SAMPLE
    return {
        "price_in": None if sent is None else sent * per_million,
        "price_out": None if answered is None else answered * per_million,
        "price_tiers": planner.price_tiers if is_priced_by_tier(planner) else (),
    }


class HeldRun(RunWriter):
    """One run in one worker's hands. `clock` gives UTC.

    `learn` the journal first, then `heed` what waits in it, then `configure`. Learning and
    configuring happen on the caller's own thread, since folding a long history takes a while.
    """

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
        store: StorePort,
        announcing: Callable[[Frame], None],
    ) -> None:
        super().__init__(lease, handle, approvals, clock, store, announcing)
        self.planners = planners
        self.prompt = str(lease.snapshot.get("prompt", ""))

    def configure(
        self,
        toolbox: Toolbox,
        rules: Supervision,
        anew: Callable[[], Supervision] | None = None,
    ) -> None:
        """Give the run its tools and rules, and its planner unless all that is left to do is to
        undo. `anew` makes the same rules once more.
        """
        self.toolbox = toolbox
        self.missing = toolbox.missing if is_incomplete(toolbox) else ()
        self.supervise(rules, anew)
        if not self.killed:
            self.planner = self.planners(self.state.planner)

    @property
    def killed(self) -> bool:
        """Whether all that is left to do is to undo."""
        return self.state.status is RunStatus.COMPENSATING

    @property
    def sees(self) -> bool:
        """Whether its model takes pictures."""
        return may_see(self.planner) and self.planner.sees

    async def picture(self, picture: Picture) -> str:
        """A picture of one of its results, as base64. Raises LookupError when it was erased."""
        return str(await self.store.spilled(picture.mark))

    async def heed(self) -> None:
        """Acknowledge a kill that waits, before any tool, planner or rule is asked.

        Raises LeaseLost when the run was halted without a kill in its journal.
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
        """Read what others have added to the journal, when there is news of it."""
        if self.handle.news:
            self.handle.news = False
            await self.before_news()
            await self.catch_up()

    async def before_news(self) -> None:
        """What is to be done before anything is taken in that others have added."""

    def take(self, state: RunState, now: datetime) -> Sequence[RunEvent]:
        """The event that this worker has the run in hand; nothing when that is on record already,
        or when a person's word since forbids it.
        """
        if state.epoch == self.lease.epoch:
            return ()
        return machine.taken(state, RunLeased(at=now, **told(self.lease), **self.prices(state)))

    def acknowledged(self, state: RunState, now: datetime) -> Sequence[RunEvent]:
        """What a waiting kill calls for: taking the run if this worker has not, then the
        acknowledgement.
        """
        if state.epoch != self.lease.epoch:
            return self.take(state, now)
        waits = state.control is Control.KILL and state.status is RunStatus.RUNNING
        return killing.acknowledged(state, now) if waits else ()

    def prices(self, state: RunState) -> dict[str, Any]:
        """What planning will cost, with the planner's window and the tokens that prompt and tools
        take. A killed run plans no more: it keeps what was known.
        """
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

    async def prepared(self) -> PreparedCalls:
        """What the rules need to know of the queued calls; nothing when the calls are not
        considered now, as after a kill.
        """
        await self.hear()
        now = self.clock()
        if machine.at_once(self.state, now) is not None:
            return NOTHING_KNOWN
        return await self.rules.prepare(self.state, call_decisions.proposed(self.state), now)

    async def commit_prepared(
        self,
        make: Callable[[RunState, datetime, PreparedCalls], Sequence[RunEvent]],
        prepare: Callable[[], Awaitable[PreparedCalls]] | None = None,
    ) -> None:
        """Commit what `make` gives with what the rules need to know of the queued calls. That is
        found out anew when another run was quicker to claim the effect of one of them.
        """
        for again in range(MOST_CLAIMS, -1, -1):
            known = await (prepare or self.prepared)()

            def made(
                state: RunState, now: datetime, known: PreparedCalls = known
            ) -> Sequence[RunEvent]:
                return make(state, now, known)

            try:
                await self.commit(made)
                break
            except EffectTaken:
                if not again:
                    raise

    def in_time(self, timeout: float) -> float:
        """`timeout` in seconds, cut to what is left of the run's own time."""
        return perform.within(timeout, self.state.deadline, self.clock())

    async def held(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, which begins something outside: a tool call, a question to a model.

        When the lease was too near its end to begin, renew it and try again. Raises LeaseLost when
        the lease is another worker's: nothing was begun, and that worker does what is to be done.
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

    def told_beside(self, flight: Flight, state: RunState) -> ToolContext:
        """What a tool is told beside the arguments of a call that is in flight in this state."""
        return self.context(flight.call, flight.ref, flight.step, flight.timeout, state.deadline)

    def context(
        self, call: str, ref: str, step: int, timeout: float, deadline: datetime | None
    ) -> ToolContext:
        return perform.tool_context(self.lease, call, ref, step, timeout, self.clock(), deadline)
