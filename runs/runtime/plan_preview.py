"""What can be decided of the next turn while the result before it is still on its way to the disk.

Nothing is asked of a model for that. It is true of one state alone, the one that the commit leads
to: it is used only where that very state is the run's, and dropped where anything else has come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from policies.decision import Decision
from runs.engine import machine
from runs.engine.actions import Plan
from runs.engine.events import CallReturned, RunEvent
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, RunStatus
from runs.runtime.call_preview import FRESH, LONG_AGO
from runs.runtime.dependencies import Supervision


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What follows on `state`, decided at `at`, and what the budgets in hand say of it: `reserved`
    holds the turn's estimate until that is drawn anew or settled.
    """

    state: RunState | None = None
    at: datetime = LONG_AGO
    action: Plan | None = None
    reserved: Decision | None = None

    def action_on(self, state: RunState, now: datetime) -> Plan | None:
        """What follows on this very state; None where it is another one, or was decided too long
        ago.
        """
        return self.action if state is self.state and now - self.at <= FRESH else None

    def reserved_for(self, action: Plan) -> Decision | None:
        """What the budgets say of this very turn."""
        return self.reserved if action is self.action else None


NOTHING_DECIDED = PlanPreview()


def planning_follows(events: Sequence[RunEvent], after: RunState) -> bool:
    """Whether the run comes to its next turn by these events: a call is back, none is left, and
    nobody wants it to halt. Only such events are told to the rules before they are in the journal.
    """
    return (
        all(isinstance(event, CallReturned) for event in events)
        and after.status is RunStatus.RUNNING
        and after.control is Control.NONE
        and not (after.flights or after.queue)
        and after.proposed is None
    )


def previewed(after: RunState, rules: Supervision, now: datetime, prompt: str) -> PlanPreview:
    """The next turn of a run whose rules have been told of all events that lead to `after`; nothing
    where something else follows on it.
    """
    action = machine.next_effect(after, rules, now, prompt)
    if not isinstance(action, Plan):
        return NOTHING_DECIDED
    return PlanPreview(after, now, action, rules.at_hand(after, action.estimate, now))
