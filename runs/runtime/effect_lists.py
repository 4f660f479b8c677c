"""Asking a tool what its far side lists: within a time, masked, every failure in words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from console import figures
from console.journal import cleaning
from console.outside import confidential
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ListedEffect, ListsEffects
from runs.runtime import loop, perform

TIMEOUT = 60.0
"""Seconds that a list may take."""
MOST_KEY = 200
MOST_WORDS = 500


def asked(tool: ListsEffects, since: datetime, timeout: float = TIMEOUT) -> Sequence[ListedEffect]:
    """What the far side lists since then. Waits for it; raises ToolError, in words, when there is
    no list.
    """
    confidential.mask()
    return loop.submit(listed(tool, since, timeout)).result()


async def listed(tool: ListsEffects, since: datetime, timeout: float) -> Sequence[ListedEffect]:
    try:
        found = await perform.contained(partial(tool.list_effects, since), timeout)
    except TimeoutError:
        raise ToolError(f"there was no list within {figures.allowance(timeout)}") from None
    except ToolError as error:
        raise ToolError(confidential.current().text(error.message)) from None
    except Exception as error:
        raise ToolError(perform.said(error)) from error
    return [storable(effect) for effect in found]


def storable(effect: ListedEffect) -> ListedEffect:
    """The effect as it can be kept and shown."""
    key, _ = cleaning.clean_text(effect.key)
    words, _ = cleaning.clean_text(confidential.shortened(effect.words, MOST_WORDS))
    return replace(effect, key=key[:MOST_KEY], words=words, at=effect.at.astimezone(UTC))
