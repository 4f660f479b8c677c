"""Undoing a run's calls: making an undo, and asking about one that was cut off."""

from dataclasses import replace
from functools import partial

from runs.engine import actions, ids, outcomes
from runs.engine.kept_calls import Undoable
from runs.engine.ports import (
    Happened,
    Lookup,
    Returned,
    Tool,
    ToolContext,
)
from runs.engine.vocabulary import Outcome
from runs.runtime import late, perform
from runs.runtime.held_run import HeldRun
from runs.runtime.store_port import LeaseLost


class MadeUndos:
    """The undos of one held run, from making them to committing their results."""

    def __init__(self, run: HeldRun) -> None:
        self.run = run

    async def undo(self, action: actions.Undo) -> None:
        """Undo one call and commit what came of it. When the lease was lost meanwhile, record what
        came of it as late, and raise LeaseLost.
        """
        entry, tool = action.entry, self.run.toolbox.find(action.entry.tool)
        if tool is None:
            back = Returned(Outcome.ERROR, error=f"The tool {entry.tool} is no longer there.")
        else:
            context = self.undo_context(entry, tool)
            back = await self.run.held(
                lambda: perform.reverse(self.run.handle, tool, entry, context)
            )
        try:
            await self.run.commit(
                lambda state, now: outcomes.after_undo(entry, action.attempt, back, now)
            )
        except LeaseLost:
            harmless = tool is None or entry.idempotent
            await self.run.store.late(
                self.run.origin,
                late.of_undo(
                    entry, back, self.run.lease.epoch, self.run.clock(), harmless=harmless
                ),
            )
            raise

    async def resolve_undo(self, action: actions.ResolveUndo) -> None:
        """Ask the tool whether an undo that was cut off happened, and commit its answer."""
        entry, tool = action.entry, self.run.toolbox.find(action.entry.tool)
        if tool is None:
            found, error = Lookup(Happened.UNKNOWN), f"The tool {entry.tool} is no longer there."
        else:
            looking = partial(
                tool.undo_lookup, entry.args, entry.result, self.undo_context(entry, tool)
            )
            found, error = await self.run.held(
                lambda: perform.looked_up(
                    self.run.handle, tool, looking, tool.spec.timeout, cleaning=True
                )
            )
        await self.run.commit(
            lambda state, now: outcomes.after_undo_lookup(entry, action.attempt, found, error, now)
        )

    def undo_context(self, entry: Undoable, tool: Tool) -> ToolContext:
        """The call's context under the undo's own idempotency key, with the key of the call that it
        undoes.
        """
        deadline = self.run.state.deadline
        context = self.run.context(entry.call, entry.call, entry.step, tool.spec.timeout, deadline)
        return replace(
            context,
            idempotency_key=ids.undo_key(context.run, entry.call),
            undoes=context.idempotency_key,
        )
