"""Doing an action in the world: make a call, look one up, undo one.

Whatever goes wrong is returned as a fact. All that tools say comes in here and nowhere else, so
secrets are masked here.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar, cast

from console.journal.records import text_of
from console.json_value import Json
from console.outside import confidential
from runs.engine import pictures
from runs.engine.engine_errors import ToolError, without_answer
from runs.engine.ids import idempotency_key
from runs.engine.kept_calls import Flight, Undoable
from runs.engine.ports import (
    Happened,
    Lookup,
    Restricted,
    Returned,
    Tool,
    ToolContext,
)
from runs.engine.vocabulary import LossBlame, Outcome, Verdict
from runs.fence import NotMade
from runs.runtime.handles import Handle, Killed, NotBegun
from runs.runtime.lease import Lease
from runs.toolprocess.time_limit import limited

log = logging.getLogger(__name__)
ASKED_AGAIN = 3
"""How often a tool is asked the same once more, when the question was lost with another call."""
SaidBack = TypeVar("SaidBack")
LARGE = 1_000_000
"""Characters and values of a result from which on it is looked through beside the loop."""
NO_TIME = "It was not made: the run's own time was over."


def seconds() -> float:
    """The loop's clock, by which durations are measured."""
    return asyncio.get_running_loop().time()


async def contained(begin: Callable[[], Awaitable[Any]], timeout: float) -> Any:
    """Await what `begin` begins, at most `timeout` seconds. A SystemExit in foreign code becomes a
    RuntimeError, so that it does not end the loop.
    """
    try:
        return await limited(begin, timeout)
    except (SystemExit, KeyboardInterrupt) as ending:
        raise RuntimeError(f"it tried to end the process: {ending!r}") from ending


def within(timeout: float, deadline: datetime | None, now: datetime) -> float:
    """`timeout` in seconds, but no more than the run has left of its own time."""
    return timeout if deadline is None else max(0.0, min(timeout, (deadline - now).total_seconds()))


def said(error: BaseException) -> str:
    """An unexpected exception as text, with secrets masked."""
    return confidential.current().text(f"{type(error).__name__}: {error}")


def tool_context(
    lease: Lease,
    call: str,
    ref: str,
    step: int,
    timeout: float,
    now: datetime,
    deadline: datetime | None,
) -> ToolContext:
    until = now + timedelta(seconds=timeout)
    return ToolContext(
        run=text_of(lease.run),
        step=step,
        principal=lease.principal,
        call=ref,
        idempotency_key=idempotency_key(text_of(lease.run), call),
        epoch=lease.epoch,
        correlation_id=text_of(lease.correlation_id),
        deadline=min(until, deadline) if deadline else until,
        agent=str(lease.snapshot.get("name", "")),
    )


async def make(
    handle: Handle,
    tool: Tool,
    flight: Flight,
    context: ToolContext,
    deadline: datetime | None,
    now: datetime,
    ready: Callable[[], Awaitable[Json]] | None = None,
    *,
    going: bool = False,
) -> Returned:
    """Make a call, for as long as its tool may take and the run's own time lasts, up to `deadline`;
    its result is cleaned and, when large, spilled.

    `ready` makes the call where it was made ready before; it may be `going` already.
    """
    timeout = within(flight.timeout, deadline, now)
    if timeout <= 0 and not going:
        return Returned(Outcome.ERROR, error=NO_TIME)
    begin = ready or partial(tool.call, flight.args, context)
    back = await timed(handle, begin, timeout, tool.spec.name, going=going)
    if back.outcome is not Outcome.TIMEOUT or timeout >= flight.timeout:
        return back
    return replace(back, error=f"{back.error} The run's own time was over.")


async def reverse(handle: Handle, tool: Tool, entry: Undoable, context: ToolContext) -> Returned:
    return await timed(
        handle,
        partial(tool.undo, entry.args, entry.result, context),
        tool.spec.timeout,
        tool.spec.name,
        cleaning=True,
    )


async def timed(
    handle: Handle,
    begin: Callable[[], Awaitable[Json]],
    timeout: float,
    name: str,
    *,
    cleaning: bool = False,
    going: bool = False,
) -> Returned:
    started = seconds()

    def back(
        outcome: Outcome,
        result: Json = None,
        error: str = "",
        *,
        answered: bool = True,
        blame: LossBlame = LossBlame.OWN,
        took: float | None = None,
    ) -> Returned:
        mask = confidential.current()
        visibility = None
        if isinstance(result, Restricted):
            result, visibility = result.result, result.visibility
        result, found = pictures.taken_out(result, os.urandom)
        took = seconds() - started if took is None else took
        kept, words = mask.json(result), mask.text(error)
        return Returned(outcome, kept, words, took, answered, visibility, blame, found)

    try:
        made = await handle.perform(contained(begin, timeout), cleaning=cleaning, going=going)
        if is_large(made):
            return await apart(partial(back, Outcome.OK, made, took=seconds() - started))
        return back(Outcome.OK, made)
    except NotMade:
        raise
    except NotBegun:
        return back(Outcome.CANCELLED, error="The call was cancelled before it was made.")
    except Killed:
        return back(Outcome.CANCELLED, error="The call was cancelled.", answered=False)
    except ToolError as error:
        return back(Outcome.ERROR, error=str(error), answered=error.answered, blame=error.blame)
    except TimeoutError as late:
        how, blame = how_it_ended(late)
        words = " ".join(filter(None, (f"No answer within {round(timeout, 1):g} s.", how)))
        return back(Outcome.TIMEOUT, error=words, blame=blame)
    except Exception as error:
        log.warning("tool %s failed", name, exc_info=True)
        return back(Outcome.ERROR, error=said(error), answered=not without_answer(error))


def is_large(value: Any) -> bool:
    """Whether looking through a result takes so long that other runs would notice."""
    left, values = LARGE, [value.result if isinstance(value, Restricted) else value]
    while values and left > 0:
        match values.pop():
            case str() as text:
                left -= len(text)
            case Mapping() as fields:
                left -= len(fields)
                values.extend(fields.values())
            case list() | tuple() as several:
                left -= len(several)
                values.extend(several)
    return left <= 0


async def apart(work: Callable[[], Returned]) -> Returned:
    """What `work` gives, done beside the loop; also when the call is broken off meanwhile, since
    its result is there.
    """
    done = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait([done])
        return done.result()


def how_it_ended(late: TimeoutError) -> tuple[str, LossBlame]:
    """What had to be done to end a call that did not end by itself, and whose fault that was, as
    the cancellation behind the timeout tells it.
    """
    told = late.__cause__.args if isinstance(late.__cause__, asyncio.CancelledError) else ()
    how = next((each for each in told if type(each) is str), "")
    return how, next((each for each in told if isinstance(each, LossBlame)), LossBlame.OWN)


async def answer_to(
    handle: Handle,
    asking: Callable[[], Awaitable[SaidBack]],
    timeout: float,
    *,
    cleaning: bool = False,
) -> SaidBack:
    """What a tool says when it is asked something. A question that was lost by no fault of its own
    is asked again.
    """
    for _ in range(ASKED_AGAIN):
        try:
            return cast(
                "SaidBack", await handle.perform(contained(asking, timeout), cleaning=cleaning)
            )
        except ToolError as error:
            if error.blame is LossBlame.OWN:
                raise
            log.info("asked again: %s", error)
    return cast("SaidBack", await handle.perform(contained(asking, timeout), cleaning=cleaning))


async def checked(
    handle: Handle, tool: Tool, flight: Flight, back: Returned, context: ToolContext
) -> Verdict:
    """What the tool itself says of its result; unknown when it cannot say."""
    asking = partial(tool.check, flight.args, back.result, context)
    try:
        return await answer_to(handle, asking, tool.spec.timeout)
    except NotMade:
        raise
    except Killed:
        return Verdict.UNKNOWN
    except Exception:
        log.warning("check of tool %s failed", tool.spec.name, exc_info=True)
        return Verdict.UNKNOWN


async def looked_up(
    handle: Handle,
    tool: Tool,
    looking: Callable[[], Awaitable[Lookup]],
    timeout: float,
    *,
    cleaning: bool = False,
) -> tuple[Lookup, str]:
    """What the tool says of a lost call or undo; with it an error text, empty when the tool could
    say.

    Raises Killed when the question was broken off.
    """
    try:
        found = await answer_to(handle, looking, timeout, cleaning=cleaning)
        return replace(found, result=confidential.current().json(found.result)), ""
    except (Killed, NotMade):
        raise
    except Exception as error:
        log.warning("lookup of tool %s failed", tool.spec.name, exc_info=True)
        return Lookup(Happened.UNKNOWN), said(error)
