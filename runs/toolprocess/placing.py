"""Which tool process a call goes to.

Few processes, calls packed; a tool whose call had to be killed or crashed has one of its own.

Opened by a worker; everywhere else, and in a worker until then, tools run where they are called.
"""

import asyncio
import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from console.json_value import Json
from console.outside import confidential
from runs.engine.engine_errors import ToolError
from runs.toolprocess import protocol, time_limit
from runs.toolprocess.crashes import CrashRecord, Nowhere
from runs.toolprocess.forks import Forks
from runs.toolprocess.homes import Homes
from runs.toolprocess.process import ToolProcess

log = logging.getLogger(__name__)
WATCH = 0.25
HEAR = 20.0
"""Seconds after which other workers' crashes are known here."""
IDLE = 120.0
"""Seconds after which a process without a call is ended, unless it is the last one."""


@dataclass(frozen=True, slots=True)
class ProcessBounds:
    """At most so many `processes`, each of `memory_mb`; together at most `connections` to the
    database.
    """

    processes: int = 4
    memory_mb: int = 1_024
    connections: int = 16


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call that its process has and that is not to be made yet."""

    process: ToolProcess
    number: int

    @property
    def good(self) -> bool:
        """Whether its process would begin it now."""
        return self.process.usable(time.monotonic())

    def go(self) -> None:
        """Have it made from now on; `begin` waits for it."""
        self.process.go(self.number)

    async def begin(self, meanwhile: Callable[[], None]) -> Json:
        """Have it made; `meanwhile` is called while it is."""
        return await self.process.begin(self.number, meanwhile, standing=_alone())

    def drop(self) -> None:
        self.process.forget(self.number)


class Placing:
    """The tool processes of one worker. Belongs to the event loop it is first used on."""

    def __init__(self, bounds: ProcessBounds, record: CrashRecord) -> None:
        self.bounds, self._record = bounds, record
        self.loop = asyncio.get_running_loop()
        self.processes: dict[int, ToolProcess] = {}
        self.crashed: Counter[str] = Counter()
        self._telling: set[asyncio.Task[None]] = set()
        self.homes = Homes(bounds.processes)
        self._heard_at = time.monotonic()
        self._numbers = itertools.count(1)
        self._forks = Forks(bounds.connections // max(1, bounds.processes), self._ended)
        self._beginning = asyncio.Lock()
        self._watching = self.loop.create_task(self._watch())

    async def perform(
        self,
        tool: str,
        ask: Callable[[int], protocol.CallRequest],
        *,
        repeatable: bool = False,
    ) -> Json:
        """Have the verb done in a process; `repeatable` when no harm is done in breaking it off and
        doing it again.

        Waiting for one to begin is not counted against the call's time.
        """
        process = self._placed(tool)
        if process is None:
            process = await time_limit.uncounted(partial(self._begin, tool))
        return await process.perform(ask, repeatable=repeatable, standing=_alone())

    def hand(
        self,
        tool: str,
        ask: Callable[[int], protocol.CallRequest],
        *,
        repeatable: bool = False,
    ) -> WaitingCall | None:
        """A call that waits in its tool's process for the word to begin; None where that would not
        spare it anything: its process is still to begin, or others want the loop meanwhile.
        """
        home = self.homes.usual(tool, self.processes) if _alone() else None
        if home is None or not home.usable(time.monotonic()):
            return None
        number = home.hand(ask, repeatable=repeatable)
        return None if number is None else WaitingCall(home, number)

    def _placed(self, tool: str) -> ToolProcess | None:
        """The process for the tool's call; None when one has to be started for it."""
        now = time.monotonic()
        home = self.homes.usual(tool, self.processes)
        if home is not None and home.usable(now):
            return home
        usable = {number: each for number, each in self.processes.items() if each.usable(now)}
        return self.homes.find(tool, usable, len(self._living()))

    def _living(self) -> list[ToolProcess]:
        return [each for each in self.processes.values() if each.alive]

    async def _begin(self, tool: str) -> ToolProcess:
        async with self._beginning:
            if (found := self._placed(tool)) is not None:
                return found
            number = next(self._numbers)
            process = await self._forks.begin(number, self.bounds.memory_mb)
            self.processes[number] = process
            self.homes.settled(tool, process)
            return process

    def _ended(self, process: ToolProcess) -> None:
        self.processes.pop(process.number, None)
        self.homes.ended(process.number)
        assert process.ending is not None
        if not process.calls:
            return
        for tool in process.ending.suspects:
            self.crashed[tool] += 1
        self.homes.alone |= set(process.ending.suspects)
        telling = self.loop.create_task(self._record.note(process.ending))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        log.warning(
            "tool process %d: %s",
            process.pid,
            confidential.current().text(process.ending.of("", begun=True)),
        )

    async def _watch(self) -> None:
        """Look which processes do not answer, and which have grown too large. Costs nothing while
        none has a call.
        """
        while True:
            await asyncio.sleep(WATCH)
            now = time.monotonic()
            if now - self._heard_at > HEAR and self._living():
                await self.hear()
            for process in self._living():
                if process.calls:
                    process.ping(now)
                    process.watch_memory(self.bounds.memory_mb)
                elif now - process.used_at > IDLE and len(self._living()) > 1:
                    process.retire()

    async def hear(self) -> None:
        """Read which tools have to be kept apart."""
        self._heard_at = time.monotonic()
        self.homes.alone |= await self._record.lately()

    def apart(self, tool: str) -> bool:
        """Whether the tool has crashed: then it is not taken at its word that it is quick and
        harmless.
        """
        return tool in self.homes.alone

    def keep_apart(self, work: str) -> None:
        """Whatever is asked under this name gets a process of its own where there may be one, so
        that ending it harms nobody's call.
        """
        self.homes.alone.add(work)

    async def prepare(self) -> None:
        """Begin the first process now, so that no call waits for it, and know which tools are to be
        kept apart.
        """
        await self.hear()
        if not self.processes:
            await self._begin("")

    async def close(self) -> None:
        """End all tool processes."""
        self._watching.cancel()
        await asyncio.gather(*self._telling)
        await self._forks.close()


_bounds: ProcessBounds | None = None
_open: Placing | None = None
_record: CrashRecord = Nowhere()


def never() -> bool:
    return False


_alone: Callable[[], bool] = never


def allow(
    bounds: ProcessBounds | None,
    record: CrashRecord | None = None,
    alone: Callable[[], bool] = never,
) -> None:
    """From now on tools of this process run in tool processes; None: where they are called.

    `record` is where crashes are noted; `alone` says that nobody but the caller wants the loop.
    """
    global _bounds, _record, _alone
    _alone = alone
    _bounds = bounds if bounds and bounds.processes > 0 else None
    _record = record or Nowhere()


def begun() -> int:
    """How many tool processes there are in this worker now."""
    return len(_open.processes) if _open is not None else 0


def here() -> Placing | None:
    """The worker's tool processes, when there may be any on this loop."""
    global _open
    if _bounds is None:
        return None
    if _open is None or _open.loop.is_closed():
        _open = Placing(_bounds, _record)
    return _open if _open.loop is asyncio.get_running_loop() else None


async def prepare() -> None:
    """Begin the first process in the background."""
    if (placing := here()) is not None:
        try:
            await placing.prepare()
        except ToolError as error:
            log.warning("no tool process could be begun: %s", error)


async def hear() -> None:
    """Read which tools have crashed, since one has somewhere."""
    if _open is not None and _open.loop is asyncio.get_running_loop():
        await _open.hear()


async def close() -> None:
    """End all tool processes of this loop; the next call begins anew."""
    global _open
    if _open is not None and _open.loop is asyncio.get_running_loop():
        closing, _open = _open, None
        await closing.close()
