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
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from console.json_value import Json
from runs import fence
from runs.engine.engine_errors import ToolError, without_answer
from runs.engine.ports import Lookup
from runs.toolprocess import call_marks, memory_limit, protocol
from runs.toolprocess.board import Board
from runs.tools import registry
from runs.tools.local import LocalTool

STILL = 0.02


def serve(link: socket.socket, shared: int) -> None:
    """Until the worker closes its end."""
    faulthandler.enable()
    call_marks.board = Board(shared)
    os._exit = _exiting(os._exit)
    link.settimeout(0)
    asyncio.run(_serve(link))


def _exiting(really: Callable[[int], Any]) -> Any:
    """`os._exit` that leaves word who called it; a process that a tool has forked leaves none."""
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


class Desk(asyncio.BufferedProtocol):
    """The worker's counterpart: one task for each call."""

    transport: asyncio.Transport

    def __init__(self, over: asyncio.Event) -> None:
        self._done = over
        self._reader = protocol.FrameReader()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        for body in self._reader.heard(nbytes):
            self.hear(protocol.unpacked(body))

    def connection_lost(self, exc: Exception | None) -> None:
        self._done.set()

    def hear(self, message: protocol.ProcessMessage) -> None:
        match message:
            case protocol.CallRequest():
                self.begin(message)
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
        task = asyncio.get_running_loop().create_task(_Steps(self.perform(ask), ask.number))
        self._tasks[ask.number] = task
        task.add_done_callback(partial(self.over, ask.number))

    def over(self, number: int, task: asyncio.Task[None]) -> None:
        """One that was cancelled before its first step has said nothing itself."""
        del self._tasks[number]
        if task.cancelled():
            self.say(protocol.Cancelled(number))

    async def perform(self, ask: protocol.CallRequest) -> None:
        call_marks.call.set(ask.number)
        try:
            with fence.standing(
                lambda: call_marks.has_begun(ask.number) or fence.boottime() < ask.until
            ):
                answer: protocol.ProcessMessage = protocol.CallDone(ask.number, await _verb(ask))
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
            call_marks.forget(ask.number)
        self.say(answer)

    def say(self, message: protocol.ProcessMessage) -> None:
        self.transport.write(protocol.packed(message))


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


async def _verb(ask: protocol.CallRequest) -> Json:
    """The verb's word as JSON."""
    tool = LocalTool(_declared(ask))
    if ask.verb == "call" and not ask.context:
        return await tool.call(ask.args, None)
    context = protocol.context_in(ask.context)
    match ask.verb:
        case "call":
            return await tool.call(ask.args, context)
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
    """A coroutine that leaves word whenever it has the loop, so that whoever blocks it can be named
    from outside.
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
