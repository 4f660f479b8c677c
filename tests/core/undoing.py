"""Runs that have done something, and end short of their goal."""

from collections.abc import Mapping
from typing import Any

from runs.engine import events as e
from runs.engine import machine
from runs.engine.fold import folded
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Effect,
    StopReason,
)
from tests.core.runs_in_memory import World, calling, created, spec, world

ORDER = spec("order", effect=Effect.REVERSIBLE, has_undo=True, undo_idempotent=True)
BOOK = spec("book", effect=Effect.REVERSIBLE, has_undo=True, undo_idempotent=True)
REFUND = spec("refund", effect=Effect.IRREVERSIBLE, has_lookup=True, has_undo=True)
MAIL = spec("mail", effect=Effect.IRREVERSIBLE)
UNDO, LEAVE, ASK = {"stop": "undo"}, {"stop": "leave"}, {"stop": "ask"}


def acted(
    choices: Mapping[str, str], *tools: str, turns: int = 1, **facts: Any
) -> tuple[World, RunState]:
    """A run that has called these tools, one each turn, and is about to plan again."""
    play = world([calling(tool) for tool in tools], ORDER, BOOK, REFUND, MAIL, **facts)
    play.journal = [created(compensation=choices)]
    state = play.commit(folded(play.journal), [leased_now(play)])
    for _ in tools:
        for _ in range(2):
            effect: Any = machine.next_effect(state, play.rules, play.now)
            known = play.planned if hasattr(effect, "window") else play.after
            state = play.commit(state, known(state, effect))
    return play, state


def leased_now(play: World) -> e.RunLeased:
    play.epoch += 1
    return e.RunLeased(at=play.now, owner="worker", epoch=play.epoch, lost=False)


def stopped(play: World, reason: StopReason = StopReason.LOOP_DETECTED) -> RunState:
    detail = "The same call three times."
    play.journal.append(e.RunStopped(at=play.now, reason=reason, detail=detail))
    return folded(play.journal)


def undone(play: World) -> list[str]:
    return [event.call for event in play.journal if isinstance(event, e.UndoReturned)]
