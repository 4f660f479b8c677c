"""What happens to a run, as frozen facts validated at construction.

Kinds are a public contract: never renamed.

Fields named like a journal column (`step`, `tool`, `outcome`, …) are stored there, all others in
the event's data.
"""

from runs.engine.events.call_events import CallIntended as CallIntended
from runs.engine.events.call_events import CallLate as CallLate
from runs.engine.events.call_events import CallLookedUp as CallLookedUp
from runs.engine.events.call_events import CallLost as CallLost
from runs.engine.events.call_events import CallRefused as CallRefused
from runs.engine.events.call_events import CallRetried as CallRetried
from runs.engine.events.call_events import CallReturned as CallReturned
from runs.engine.events.decision_events import AnswerDecided as AnswerDecided
from runs.engine.events.decision_events import CallAsked as CallAsked
from runs.engine.events.decision_events import CallDecided as CallDecided
from runs.engine.events.decision_events import CallSettled as CallSettled
from runs.engine.events.decision_events import GrantGiven as GrantGiven
from runs.engine.events.decision_events import GrantRevoked as GrantRevoked
from runs.engine.events.decision_events import LateAcknowledged as LateAcknowledged
from runs.engine.events.envelope import RunEvent as RunEvent
from runs.engine.events.finding_events import FindingClosed as FindingClosed
from runs.engine.events.finding_events import FindingOpened as FindingOpened
from runs.engine.events.run_events import KillAcknowledged as KillAcknowledged
from runs.engine.events.run_events import KillRequested as KillRequested
from runs.engine.events.run_events import PauseRequested as PauseRequested
from runs.engine.events.run_events import RunBriefed as RunBriefed
from runs.engine.events.run_events import RunCompleted as RunCompleted
from runs.engine.events.run_events import RunContinued as RunContinued
from runs.engine.events.run_events import RunCreated as RunCreated
from runs.engine.events.run_events import RunDowngraded as RunDowngraded
from runs.engine.events.run_events import RunExtended as RunExtended
from runs.engine.events.run_events import RunHandedOver as RunHandedOver
from runs.engine.events.run_events import RunLeased as RunLeased
from runs.engine.events.run_events import RunPaused as RunPaused
from runs.engine.events.run_events import RunRequeued as RunRequeued
from runs.engine.events.run_events import RunRestored as RunRestored
from runs.engine.events.run_events import RunResumed as RunResumed
from runs.engine.events.run_events import RunRouted as RunRouted
from runs.engine.events.run_events import RunStopped as RunStopped
from runs.engine.events.run_events import RunWaiting as RunWaiting
from runs.engine.events.run_events import WorkerFailed as WorkerFailed
from runs.engine.events.step_events import ContextCompacted as ContextCompacted
from runs.engine.events.step_events import HintGiven as HintGiven
from runs.engine.events.step_events import JudgeAnswered as JudgeAnswered
from runs.engine.events.step_events import PlanFailed as PlanFailed
from runs.engine.events.step_events import StepPlanned as StepPlanned
from runs.engine.events.step_events import StepReasoned as StepReasoned
from runs.engine.events.undo_events import UndoAsked as UndoAsked
from runs.engine.events.undo_events import UndoBegun as UndoBegun
from runs.engine.events.undo_events import UndoDeclined as UndoDeclined
from runs.engine.events.undo_events import UndoEnded as UndoEnded
from runs.engine.events.undo_events import UndoIntended as UndoIntended
from runs.engine.events.undo_events import UndoReturned as UndoReturned

KINDS: dict[str, type[RunEvent]] = {kind.kind: kind for kind in RunEvent.__subclasses__()}
