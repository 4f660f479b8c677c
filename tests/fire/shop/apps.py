"""Freezes a worker at the worst moment: a wrapper around the performing, so that the product's own
code stays as it is.
"""

import os
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

from console.json_value import Json
from runs.runtime import perform
from runs.runtime.handles import Handle
from tests.fire import stand_still

if TYPE_CHECKING:
    from runs.runtime.made_calls import MadeCalls


class Shop(AppConfig):
    name = "tests.fire.shop"

    def ready(self) -> None:
        from runs.runtime.made_calls import MadeCalls  # noqa: PLC0415 (rests on models)

        for name, moment in (("make", "call"), ("reverse", "undo")):
            setattr(perform, name, freezing(getattr(perform, name), moment))
        go = freezing_before_it_goes(MadeCalls.go)
        MadeCalls.go = go  # type: ignore[method-assign, assignment]


def freezing(real: Callable[..., Awaitable[Any]], moment: str) -> Callable[..., Awaitable[Any]]:
    """The first time that arguments ask for it, the whole process stops between the intent's commit
    and the effect.
    """

    @wraps(real)
    async def perhaps_later(handle: Handle, tool: Any, what: Any, *more: Any, **named: Any) -> Any:
        freeze_once(handle, moment, what.args)
        return await real(handle, tool, what, *more, **named)

    return perhaps_later


def freezing_before_it_goes(
    real: "Callable[[MadeCalls], None]",
) -> "Callable[[MadeCalls], None]":
    """As `freezing`, for a call that goes as soon as its intent is committed."""

    @wraps(real)
    def perhaps_later(calls: "MadeCalls") -> None:
        for flight in calls.run.state.flights:
            freeze_once(calls.run.handle, "call", flight.args)
        real(calls)

    return perhaps_later


def freeze_once(handle: Handle, moment: str, args: Mapping[str, Json]) -> None:
    flag = stand_still.flag(str(handle.run), moment)
    if args.get("freeze") == moment and not flag.exists():
        flag.write_text(str(os.getpid()))
        # this very thread: sent to the process, the signal may reach another thread first, and
        # the call would be made before this one stops
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
