"""A run's tool calls: making them, committing what came back, and asking about one that was cut
off.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from console.outside import confidential
from policies.verdicts import Meaning
from runs import fence
from runs.engine import actions, call_progress, outcomes, pictures
from runs.engine.engine_errors import ToolError
from runs.engine.kept_calls import Flight
from runs.engine.ports import (
    Happened,
    Lookup,
    Returned,
    Tool,
    ToolContext,
    ToolSpec,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import Outcome, Verdict, Visibility
from runs.runtime import call_preview, late, perform
from runs.runtime.call_preview import NOTHING_PREVIEWED, FoundCall
from runs.runtime.handles import Killed
from runs.runtime.held_run import HeldRun
from runs.runtime.store_port import LeaseLost
from runs.runtime.under_way import Back, UnderWay
from runs.toolprocess.progress_pace import ProgressPace


def cancelled(back: Back) -> bool:
    return back.returned.outcome is Outcome.CANCELLED


class MadeCalls:
    """The tool calls of one held run, from beginning them to committing their results."""

    def __init__(self, run: HeldRun) -> None:
        self.run = run
        self.under_way = UnderWay()
        self.previewed = NOTHING_PREVIEWED
        self.going: FoundCall | None = None
        self.in_hand: frozenset[str] = frozenset()
        """Calls that are back and about to be committed: in flight by the journal, and over."""

    def preview(self, after: RunState) -> None:
        """Make the calls ready that follow on a state which is being committed. What was made ready
        for another one is dropped.
        """
        self.previewed.drop()
        run, begun = self.run, self.under_way.tasks.keys() | self.in_hand
        self.previewed = call_preview.previewed(
            after, run.clock(), run.toolbox, run.rules, run.told_beside, begun
        )

    def go(self) -> None:
        """Begin the call whose intent has just become durable, where it is the only one and nobody
        wants anything else of the run: all that is done until it is awaited is done while it is
        made.
        """
        run = self.run
        found = self.previewed.alone(run.state, run.clock())
        if found is None or found.ready is None or self.under_way or not run.handle.unhindered():
            return
        if run.in_time(found.flight.timeout) <= 0:
            return
        with fence.standing(run.handle.good, lambda: run.handle.good_until):
            try:
                self.going = found if found.ready.go() else None
            except (fence.NotMade, ToolError):
                return  # it is begun, or not, as any other

    async def adopt(self) -> None:
        """Have the call that is going already under way like any other, since something else of the
        run comes before it is awaited.
        """
        if self.going is not None:
            self.under_way.begin(self.going.flight.call, self.made(self.going.flight))
            await asyncio.sleep(0)  # cancelled before its first step, a task would do nothing

    async def broken_off(self) -> list[Back]:
        """Cancel all calls, and give those that were back already or came back meanwhile."""
        await self.adopt()
        return await self.under_way.broken_off()

    async def make(self, action: actions.Perform) -> None:
        """Begin the calls that are not under way yet, and commit those that come back first.

        A call that is alone is awaited right here: a task of its own would cost time in every step.
        """
        if len(action.flights) == 1 and not (self.under_way or action.until):
            await self.land([await self.made(action.flights[0])])
            return
        for flight in action.flights:
            if flight.call not in self.under_way:
                self.under_way.begin(flight.call, self.made(flight))
        left = (action.until - self.run.clock()).total_seconds() if action.until else None
        await self.land(await self.under_way.first(left))

    async def made(self, flight: Flight) -> Back:
        """Make one call in flight, and ask its tool what the result means."""
        run = self.run
        going, self.going = self.going, None
        found = (
            going
            or self.previewed.found(flight, run.clock())
            or call_preview.found(flight, run.state, run.toolbox, run.rules, run.told_beside)
        )
        if found is None:
            gone = Returned(Outcome.ERROR, error=f"The tool {flight.tool} is no longer there.")
            return Back(flight, gone, Meaning(Verdict.UNKNOWN, "allowlist"), begun=False)
        tool, spec, context = found.tool, found.spec, found.context
        ready = found.ready
        begin = partial(ready.begin, run.tell_meanwhile) if ready else None
        deadline = run.state.deadline
        with self.progress_shown(spec) as pace:
            back = await run.held(
                lambda: perform.make(
                    run.handle,
                    tool,
                    flight,
                    context,
                    deadline,
                    run.clock(),
                    begin,
                    going=ready is not None and ready.going,
                )
            )
        if pace and pace.newest:
            back = replace(back, progress=confidential.current().text(pace.newest))
        if back.pictures and run.sees:
            back = replace(back, pictures=tuple(map(pictures.counted, back.pictures)))
        try:
            said = await self.check(tool, flight, back, context)
        except LeaseLost as lost:
            return Back(flight, back, run.rules.meaning(spec, back, None), lost=lost)
        return Back(flight, back, run.rules.meaning(spec, back, said))

    @contextlib.contextmanager
    def progress_shown(self, spec: ToolSpec) -> Iterator[ProgressPace | None]:
        """What the tool says of its progress is shown until it is back, unless nobody may see what
        it says.
        """
        if spec.visibility is Visibility.ALWAYS_HIDDEN:
            yield None
            return
        loop = asyncio.get_running_loop()
        pace = ProgressPace(
            self.run.show_progress,
            lambda seconds, call: loop.call_soon_threadsafe(loop.call_later, seconds, call),
            loop.time,
        )
        before = call_progress.listener.set(pace.tell)
        try:
            yield pace
        finally:
            pace.end()
            call_progress.listener.reset(before)

    async def check(
        self, tool: Tool, flight: Flight, back: Returned, context: ToolContext
    ) -> Verdict | None:
        """The tool's own word on its result, when it has one."""
        if not tool.spec.has_check or back.outcome is not Outcome.OK:
            return None
        return await self.run.held(
            lambda: perform.checked(self.run.handle, tool, flight, back, context)
        )

    async def land(self, found: Sequence[Back]) -> None:
        """Commit what came back, one after the other, except calls that are no longer in flight: a
        kill has closed them, or the run is left with them open.

        When one was cancelled the others are cancelled too: a kill is confirmed only once all are
        over.
        """
        if any(map(cancelled, found)):
            found = sorted([*found, *await self.under_way.broken_off()], key=cancelled)
        self.in_hand = frozenset(back.flight.call for back in found)
        try:
            await self.land_each(found)
        finally:
            self.in_hand = frozenset()

    async def land_each(self, found: Sequence[Back]) -> None:
        for place, back in enumerate(found):
            if self.run.handle.leaving or self.run.state.flight_of(back.flight.call) is None:
                continue
            try:
                await self.called(back)
            except LeaseLost:
                for each in found[place:]:
                    await self.late(each)
                raise

    async def called(self, back: Back) -> None:
        """Commit what came back and what it means."""
        if back.lost is not None:
            raise back.lost
        flight, returned, meaning = back.flight, back.returned, back.meaning
        if not outcomes.innocent(flight, returned):
            await self.run.rules.learn(self.run.state, flight, returned, meaning, self.run.clock())
        await self.run.commit_prepared(
            lambda state, now, known: outcomes.after_call(
                state, returned, meaning, self.run.rules, now, known, flight.call
            )
        )

    async def late(self, back: Back) -> None:
        """Record that a call came back after this worker had lost the lease."""
        if back.begun:
            flight, epoch, now = back.flight, self.run.lease.epoch, self.run.clock()
            came = late.of_call(flight, back.returned, back.meaning, epoch, now)
            await self.run.store.late(self.run.origin, came)

    async def resolve(self, flight: Flight) -> None:
        """Ask the tool whether a call that was cut off happened, and commit its answer.

        A kill that comes meanwhile is heeded first; then the engine asks for the look-up again.
        """
        tool = self.run.toolbox.find(flight.tool)
        if tool is None:
            found, error = Lookup(Happened.UNKNOWN), f"The tool {flight.tool} is no longer there."
        else:
            context = self.run.told_beside(flight, self.run.state)
            looking = partial(tool.lookup, flight.args, context)
            try:
                found, error = await self.run.held(
                    lambda: perform.looked_up(
                        self.run.handle, tool, looking, flight.timeout, cleaning=self.run.killed
                    )
                )
            except Killed:
                await self.run.heed()
                return
        await self.run.commit_prepared(
            lambda state, now, known: outcomes.after_lookup(
                state, found, error, self.run.rules, now, known
            )
        )
