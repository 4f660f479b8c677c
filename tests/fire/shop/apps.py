"""Freezes a worker at the worst moment: a wrapper around the performing, so that the product's own
code stays as it is.
"""

import os
import signal
import threading
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from django.apps import AppConfig

from runs.engine.ports import ToolContext
from runs.runtime import perform
from runs.runtime.handles import Handle
from tests.fire import stand_still


class Shop(AppConfig):
    name = "tests.fire.shop"

    def ready(self) -> None:
        for name, moment in (("make", "call"), ("reverse", "undo")):
            setattr(perform, name, freezing(getattr(perform, name), moment))


def freezing(real: Callable[..., Awaitable[Any]], moment: str) -> Callable[..., Awaitable[Any]]:
    """The first time that arguments ask for it, the whole process stops between the intent's commit
    and the effect.
    """

    @wraps(real)
    async def perhaps_later(
        handle: Handle, tool: Any, what: Any, context: ToolContext, *more: Any
    ) -> Any:
        flag = stand_still.flag(str(handle.run), moment)
        if what.args.get("freeze") == moment and not flag.exists():
            flag.write_text(str(os.getpid()))
            # this very thread: sent to the process, the signal may reach another thread first,
            # and the call would be made before this one stops
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return await real(handle, tool, what, context, *more)

    return perhaps_later
