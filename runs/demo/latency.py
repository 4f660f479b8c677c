"""Makes the company's plain functions take as long as a real service would, part before and part
after they act, and off the loop.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from runs.demo import conf
from runs.tools.threads import POOL

P = ParamSpec("P")
R = TypeVar("R")
BEFORE = 0.6


def takes(seconds: float) -> Callable[[Callable[P, R]], Callable[P, Awaitable[R]]]:
    """About `seconds`, half as much or half as much again.

    A worker lost in the second part leaves an effect that nobody was told of.
    """

    def slow(act: Callable[P, R]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(act)
        async def acted(*args: P.args, **kwargs: P.kwargs) -> R:
            total = seconds * conf.DICE.uniform(0.5, 1.5) * conf.pace()
            await asyncio.sleep(total * BEFORE)
            result = await POOL.run(act, *args, **kwargs)
            await asyncio.sleep(total * (1 - BEFORE))
            return result

        return acted

    return slow
