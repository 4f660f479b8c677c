"""One tool process as its worker sees it: the calls that are in it, whether it attends to its
messages, how it ended.

All of it happens on the worker's event loop. The process itself is begun and killed by the server
it was forked from.
"""

import asyncio
import itertools
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from console.json_value import Json
from runs import fence
from runs.engine import call_progress
from runs.engine.engine_errors import ToolError
from runs.engine.vocabulary import LossBlame
from runs.toolprocess import board, calls_inside, endings, memory_limit, protocol, suspicion
from runs.toolprocess.calls_inside import InFlight
from runs.toolprocess.captured_output import OutputReader, joined
from runs.toolprocess.endings import ProcessEnding
from runs.toolprocess.frame_link import FrameLink

PROMPT = 0.1
"""Seconds after which a call that was told to end is one that does not: its process takes no more
calls until it has.
"""
GRACE = 0.5
"""Seconds that a call has for ending once it is told to, before its process is killed."""
DRAINING = 3.0
"""Further seconds in which calls beside it that could not simply be made again may come to their
end.
"""
GONE = 5.0
"""Seconds after which a killed process is no longer waited for."""
SILENT = 1.0
MOST_WAITING = 8
"""Calls that a process may hold which are not to be made yet."""


class ToolProcess(FrameLink):
    """`kill` asks for its end, `on_end` is told once it is gone."""

    def __init__(
        self,
        number: int,
        shared: int,
        words: OutputReader,
        kill: Callable[[int], None],
        on_end: Callable[["ToolProcess"], None],
    ) -> None:
        super().__init__()
        self.number, self.pid, self.words = number, 0, words
        self.used_at = time.monotonic()
        self.calls: dict[int, InFlight] = {}
        self._waiting: dict[int, tuple[str, bool]] = {}
        self._gone: dict[int, InFlight] = {}
        self._draining = 0
        self._left, self._attends = asyncio.Event(), asyncio.Event()
        self.tools: Counter[str] = Counter()
        self.ending: ProcessEnding | None = None
        self.killed: ProcessEnding | None = None
        self.gone = asyncio.Event()
        self._board = board.Board(shared)
        self._kill, self._on_end = kill, on_end
        self._numbers = itertools.count(1)
        self._pinged_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=2**62)

    def hear(self, message: protocol.ProcessMessage) -> None:
        self._pinged_at = None
        self._attends.set()
        call = self.calls.get(message.number)
        if call is None:
            return
        match message:
            case protocol.StillAttending():
                call.heard = True
            case protocol.CallProgress():
                if call.progress is not None:
                    call.progress(call_progress.one_line(message.words))
            case protocol.Cancelled():
                self._leave(call)
            case protocol.CallDone():
                self._leave(call)
                calls_inside.settle(call.answer, message.value)
            case protocol.TooLate():
                self._leave(call)
                calls_inside.fail(call.answer, fence.NotMade())
            case protocol.CallRaised():
                self._leave(call)
                calls_inside.fail(
                    call.answer, Raised(message.message, message.answered, message.trace)
                )

    def _leave(self, call: InFlight) -> None:
        if self.calls.pop(call.number, None) is not None:
            self.tools[call.tool] -= 1
            if self.tools[call.tool] <= 0:
                del self.tools[call.tool]
        self.used_at = time.monotonic()
        call.end()
        self._left.set()

    @property
    def alive(self) -> bool:
        return self.ending is None and self.killed is None

    def usable(self, now: float) -> bool:
        """Whether it takes calls: it attends to its messages, and is not to be ended soon."""
        return self.alive and not self._draining and not self.silent(now)

    def silent(self, now: float) -> bool:
        """Whether it has not attended to its messages for a while."""
        return self._pinged_at is not None and now - self._pinged_at > SILENT

    def ping(self, now: float) -> None:
        if self._pinged_at is None:
            self._pinged_at = now
            self.say(protocol.Ping(0))

    async def ready(self) -> None:
        """Wait for its first word, or its end: until then it could not begin a call."""
        self.ping(time.monotonic())
        await self._attends.wait()

    async def perform(
        self,
        ask: Callable[[int], protocol.CallRequest],
        *,
        repeatable: bool = False,
        standing: bool = False,
    ) -> Json:
        """What the verb gives.

        When cancelled, the call has ended before this does, if need be with its process. `standing`
        waits for the first millisecond without giving the loop to others: for who knows that nobody
        else wants it.
        """
        asked = ask(next(self._numbers))
        call = self._sent(asked.number, asked.tool, repeatable, protocol.packed(asked))
        return await self._answer(call, standing=standing)

    def hand(
        self, ask: Callable[[int], protocol.CallRequest], *, repeatable: bool = False
    ) -> int | None:
        """Hand it a call that waits there for its word, `begin` or `forget`; None when it holds as
        many as it may. Until then it is in nobody's way: it is not among the `calls`.
        """
        if len(self._waiting) >= MOST_WAITING:
            return None
        asked = ask(next(self._numbers))
        self.transport.write(protocol.packed(asked))
        self._waiting[asked.number] = asked.tool, repeatable
        return asked.number

    def forget(self, number: int) -> None:
        """What waits there under this number is not made after all."""
        if self._waiting.pop(number, None) is not None and self.alive:
            self.say(protocol.Forget(number))

    def go(self, number: int) -> None:
        """Have the call made that waits there; `begin` waits for its answer."""
        frame = protocol.packed(protocol.Begin(number, fence.stamp()))
        self._sent(number, *self._waiting[number], frame)

    async def begin(
        self, number: int, meanwhile: Callable[[], None], *, standing: bool = False
    ) -> Json:
        """What the verb gives whose call waits there, or goes already; `meanwhile` is called while
        it is at work.
        """
        if number in self._waiting:
            self.go(number)
        call = self._gone.pop(number)
        call.progress = call_progress.listener.get()
        return await self._answer(call, meanwhile, standing=standing)

    def _sent(self, number: int, tool: str, repeatable: bool, frame: bytes) -> InFlight:
        """The call, in flight from now on. Raises what keeps it from being begun."""
        if not self.alive:
            raise ToolError(
                "The call was not made: its tool process had just ended.", blame=LossBlame.OTHERS
            )
        fence.ask()
        call = InFlight(
            number,
            tool,
            asyncio.get_running_loop().create_future(),
            time.monotonic(),
            repeatable,
            call_progress.listener.get(),
        )
        if self._waiting.pop(number, None) is not None:
            self._gone[number] = call
        self.calls[number] = call
        self.tools[tool] += 1
        self.transport.write(frame)
        return call

    async def _answer(
        self, call: InFlight, meanwhile: Callable[[], None] | None = None, *, standing: bool
    ) -> Json:
        if meanwhile is not None:
            meanwhile()
        if standing and not call.answer.done():
            self.stand()
        try:
            return await call.answer
        except asyncio.CancelledError:
            raise asyncio.CancelledError(*await calls_inside.surely(self._end(call))) from None

    async def _end(self, call: InFlight) -> tuple[str, LossBlame]:
        """Make the call end: tell it, then kill its process. In words how, when it took the latter,
        and whose fault that was.
        """
        call.ended, blame = asyncio.Event(), LossBlame.OWN
        if self.alive and call.number in self.calls:
            self.say(protocol.Cancel(call.number))
            await self._over(call, call.ended)
        if self.alive and not call.over:
            stuck = self._stuck(call)
            blame = LossBlame.OWN if call.number in stuck.culprits else LossBlame.SHARED
            self.end(stuck)
        if self.alive:
            return "", blame
        await calls_inside.within(GONE, self.gone)
        how = self.ending or self.killed
        return (how.of(call.tool, begun=True) if how else "", blame)

    async def _over(self, call: InFlight, ended: asyncio.Event) -> None:
        """Wait for the end of a call that was told to end, as long as it may take; meanwhile no
        other comes in. Where the process is to be killed for it, and attends to its messages, those
        beside it that would be left in doubt have some time more.
        """
        await calls_inside.within(PROMPT, ended)
        if call.over:
            return
        self._draining += 1
        try:
            await calls_inside.within(GRACE - PROMPT, ended)
            until = time.monotonic() + DRAINING
            while self.alive and self._harms(call) and (left := until - time.monotonic()) > 0:
                self._left.clear()
                await calls_inside.within(left, self._left)
        finally:
            self._draining -= 1

    def _harms(self, call: InFlight) -> bool:
        begun = suspicion.begun(self._board, self.calls)
        return calls_inside.harmed(call, (self.calls[number] for number in begun))

    def _stuck(self, call: InFlight) -> ProcessEnding:
        after, itself = time.monotonic() - call.since, frozenset({call.number})
        if call.heard:
            return self._by(endings.deaf(after), itself)
        if suspicion.stopped(self.pid):
            return self._by(endings.silent(after, stopped=True), frozenset())
        holding = suspicion.of_silence(self.pid, self._board, self.calls)
        return self._by(endings.silent(after, stopped=False), holding or itself)

    def _by(self, what: str, culprits: frozenset[int], words: str = "") -> ProcessEnding:
        return ProcessEnding(what, words, suspicion.tools(self.calls, culprits), culprits)

    def end(self, how: ProcessEnding) -> None:
        """Kill the process, for this reason."""
        self.killed = how
        self._kill(self.number)

    def ended(self, status: int, trouble: str = "") -> None:
        """Take in that the process is gone, and tell whoever waits for one of its calls."""
        if self.ending is not None:
            return
        lines = self.words.last()
        words = joined(lines)
        if self.killed is not None:
            self.ending = replace(self.killed, words=words)
        else:
            what = f"could not be begun: {trouble}" if trouble else endings.exited(status)
            self.ending = self._by(what, suspicion.of_end(lines, self._board, self.calls), words)
        for call in list(self.calls.values()):
            begun = self._board.place(call.number) is not None
            said, blame = self.ending.of(call.tool, begun=begun), self.ending.blame(call.number)
            calls_inside.fail(call.answer, ToolError(said, answered=not begun, blame=blame))
            call.end()
        self._left.set()
        self._attends.set()
        self.gone.set()
        self._on_end(self)
        self.calls.clear()
        self.transport.abort()
        self.words.close()
        self._board.close()

    def retire(self) -> None:
        """Let the process end by itself, since it is not needed any more."""
        self.killed = ProcessEnding("was not needed any more")
        self.transport.close()

    def watch_memory(self, limit_mb: int) -> None:
        """Kill it when it has grown beyond the limit."""
        size = memory_limit.resident_mb(self.pid)
        if limit_mb and size > limit_mb and self.alive:
            growing = suspicion.of_silence(self.pid, self._board, self.calls)
            begun = suspicion.begun(self._board, self.calls)
            self.end(self._by(endings.large(limit_mb), growing or begun))


class Raised(ToolError):
    """What a tool raised in its process, as text; `trace` is for the log."""

    def __init__(self, message: str, answered: bool, trace: str) -> None:
        super().__init__(message, answered)
        self.trace = trace


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a link; ours does not block."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    return ours, theirs
