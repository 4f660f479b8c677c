"""What a tool process does: reads what it is asked, runs the verb, says what came of it.

Its event loop is for messages and coroutines.

Plain functions run on threads. Only the process's end frees a thread that does not end by itself;
that is the worker's to decide.
"""

import asyncio
import faulthandler
import importlib
import os
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Generator
from datetime import datetime
from functools import partial
from typing import Any

from console.json_value import Json
from runs import fence
from runs.engine import call_progress
from runs.engine.engine_errors import ToolError, without_answer
from runs.engine.ports import Lookup
from runs.toolprocess import call_marks, memory_limit, protocol
from runs.toolprocess.board import Board
from runs.toolprocess.frame_link import FrameLink
from runs.toolprocess.progress_pace import ProgressPace
from runs.tools import registry
from runs.tools.local import LocalTool

STILL = 0.02
Work = Callable[[], Awaitable[Json]]


def serve(link: socket.socket, shared: int) -> None:
    """Answer calls until the worker closes its end."""
    faulthandler.enable()
    call_marks.board = Board(shared)
    os._exit = _exiting(os._exit)
    link.settimeout(0)
    asyncio.run(_serve(link))


def _exiting(really: Callable[[int], Any]) -> Any:
    """An `os._exit` that records who called it, but not in a process that a tool has forked."""
    here = os.getpid()

    def leave(code: int) -> None:
        if call_marks.board is not None and os.getpid() == here and (call := call_marks.call.get()):
            call_marks.board.exits(call)
        really(code)

    return leave


async def _serve(link: socket.socket) -> None:
    over = asyncio.Event()
    await asyncio.get_running_loop().connect_accepted_socket(lambda: Desk(over), link)
    await over.wait()
    # a thread that goes on would be waited for
    sys.stderr.flush()
    os._exit(0)


class Desk(FrameLink):
    """The worker's counterpart in the tool process: one task for each call."""

    def __init__(self, over: asyncio.Event) -> None:
        super().__init__()
        self._done = over
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._waiting: dict[int, asyncio.Future[float]] = {}

    def connection_lost(self, exc: Exception | None) -> None:
        self._done.set()

    def hear(self, message: protocol.ProcessMessage) -> None:
        match message:
            case protocol.CallRequest():
                self.begin(message)
            case protocol.Begin():
                self._waiting[message.number].set_result(message.until)
            case protocol.Forget():
                self._tasks[message.number].cancel()
            case protocol.Cancel():
                self.say(protocol.StillAttending(message.number))
                if task := self._tasks.get(message.number):
                    task.cancel()
                else:
                    self.say(protocol.Cancelled(message.number))
            case protocol.Ping():
                self.say(protocol.StillAttending(message.number))
            case _:
                raise RuntimeError(f"a tool process is not told {type(message).__name__}")

    def begin(self, ask: protocol.CallRequest) -> None:
        loop = asyncio.get_running_loop()
        if ask.until is None:
            self._waiting[ask.number] = loop.create_future()
        task = loop.create_task(_Steps(self.perform(ask), ask.number))
        self._tasks[ask.number] = task
        task.add_done_callback(partial(self.over, ask.number))

    def over(self, number: int, task: asyncio.Task[None]) -> None:
        """One that was cancelled before its first step has said nothing itself."""
        del self._tasks[number]
        self._waiting.pop(number, None)
        if task.cancelled():
            self.say(protocol.Cancelled(number))

    async def perform(self, ask: protocol.CallRequest) -> None:
        call_marks.call.set(ask.number)
        pace = self.pace_of(ask)
        call_progress.listener.set(pace.tell)
        work, until = None, ask.until
        try:
            if until is None:
                work = _beforehand(ask)
                until = await self.word(ask.number)
            with fence.standing(
                lambda: call_marks.has_begun(ask.number) or fence.boottime() < until
            ):
                word = await (work or _work(ask))()
                answer: protocol.ProcessMessage = protocol.CallDone(ask.number, word)
        except fence.NotMade:
            answer = protocol.TooLate(ask.number)
        except asyncio.CancelledError:
            while call_marks.at_work(ask.number):
                await asyncio.sleep(STILL)
            answer = protocol.Cancelled(ask.number)
        except BaseException as error:  # noqa: BLE001
            # whatever a tool raises is the call's, a SystemExit too
            answer = _failed(ask.number, error)
        finally:
            pace.end()
            call_marks.forget(ask.number)
        self.say(answer)

    async def word(self, number: int) -> float:
        """The time until which the call may be begun, once its worker says that it may. The loop is
        blocked while waiting only where nobody else needs it.
        """
        word = self._waiting[number]
        if len(self._tasks) == 1 and not word.done():
            self.stand()
        return await word

    def pace_of(self, ask: protocol.CallRequest) -> ProgressPace:
        loop = asyncio.get_running_loop()
        return ProgressPace(
            lambda words: self.say(protocol.CallProgress(ask.number, words)),
            lambda seconds, call: loop.call_soon_threadsafe(loop.call_later, seconds, call),
            loop.time,
        )


def _failed(number: int, error: BaseException) -> protocol.CallRaised:
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, ToolError):
        return protocol.CallRaised(number, error.message, error.answered, "")
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return protocol.CallRaised(
            number,
            f"RuntimeError: it tried to end the process: {error!r}",
            answered=True,
            trace=trace,
        )
    if isinstance(error, MemoryError):
        return protocol.CallRaised(
            number, f"MemoryError: {memory_limit.refused()}", answered=True, trace=trace
        )
    return protocol.CallRaised(
        number, f"{type(error).__name__}: {error}", answered=not without_answer(error), trace=trace
    )


def _beforehand(ask: protocol.CallRequest) -> Work | None:
    """The work that can be made ready before the call may begin; None where that could fail or run
    anything foreign: the tool's module, or its own ways to read arguments.
    """
    declared = registry.REGISTRY.get(ask.tool)
    if declared is None or ask.verb != "call" or not declared.signature.plain:
        return None
    try:
        return _work(ask)
    except ToolError:
        return None


def _work(ask: protocol.CallRequest) -> Work:
    """The work of a call; its arguments are read here."""
    if ask.verb != "call":
        return partial(_verb, ask)
    context = protocol.context_in(ask.context) if ask.context else None
    return LocalTool(_declared(ask)).work(ask.args, context)


async def _verb(ask: protocol.CallRequest) -> Json:
    """The result of a verb other than `call`, as JSON."""
    tool = LocalTool(_declared(ask))
    if ask.verb == "list_effects":
        since = datetime.fromisoformat(str(ask.args["since"]))
        return protocol.effects_out(await tool.list_effects(since))
    context = protocol.context_in(ask.context)
    match ask.verb:
        case "check":
            return (await tool.check(ask.args, ask.result, context)).value
        case "lookup":
            return _word(await tool.lookup(ask.args, context))
        case "undo":
            return await tool.undo(ask.args, ask.result, context)
        case "undo_lookup":
            return _word(await tool.undo_lookup(ask.args, ask.result, context))
    raise ToolError(f"{ask.tool} has no verb {ask.verb}")


def _word(found: Lookup) -> Json:
    return [found.happened.value, found.result]


def _declared(ask: protocol.CallRequest) -> registry.Declared[..., Any]:
    if ask.tool not in registry.REGISTRY:
        importlib.import_module(ask.module)
    return registry.REGISTRY[ask.tool]


class _Steps(Coroutine[Any, Any, None]):
    """A coroutine that is recorded whenever it has the loop, so that one that blocks the loop can
    be named from outside.
    """

    __slots__ = ("_call", "_inner")

    def __init__(self, inner: Coroutine[Any, Any, None], call: int) -> None:
        self._inner, self._call = inner, call

    def send(self, value: Any) -> Any:
        board = call_marks.board
        assert board is not None
        board.steps(self._call)
        try:
            return self._inner.send(value)
        finally:
            board.steps(0)

    def throw(self, *raised: Any) -> Any:
        board = call_marks.board
        assert board is not None
        board.steps(self._call)
        try:
            return self._inner.throw(*raised)
        finally:
            board.steps(0)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._inner.__await__()
