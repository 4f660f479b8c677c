"""What happens to a run, as frozen facts validated at construction.

Kinds are a public contract: never renamed.

Fields named like a journal column (`step`, `tool`, `outcome`, …) are stored there, all others in
the event's data.
"""

from runs.engine.events.calls import CallIntended as CallIntended
from runs.engine.events.calls import CallLate as CallLate
from runs.engine.events.calls import CallLookedUp as CallLookedUp
from runs.engine.events.calls import CallLost as CallLost
from runs.engine.events.calls import CallRefused as CallRefused
from runs.engine.events.calls import CallRetried as CallRetried
from runs.engine.events.calls import CallReturned as CallReturned
from runs.engine.events.calls import UndoIntended as UndoIntended
from runs.engine.events.calls import UndoReturned as UndoReturned
from runs.engine.events.decisions import AnswerDecided as AnswerDecided
from runs.engine.events.decisions import CallAsked as CallAsked
from runs.engine.events.decisions import CallDecided as CallDecided
from runs.engine.events.decisions import CallSettled as CallSettled
from runs.engine.events.decisions import GrantGiven as GrantGiven
from runs.engine.events.decisions import GrantRevoked as GrantRevoked
from runs.engine.events.decisions import LateAcknowledged as LateAcknowledged
from runs.engine.events.envelope import Event as Event
from runs.engine.events.runs import KillAcknowledged as KillAcknowledged
from runs.engine.events.runs import KillRequested as KillRequested
from runs.engine.events.runs import PauseRequested as PauseRequested
from runs.engine.events.runs import RunBriefed as RunBriefed
from runs.engine.events.runs import RunCompleted as RunCompleted
from runs.engine.events.runs import RunCreated as RunCreated
from runs.engine.events.runs import RunDowngraded as RunDowngraded
from runs.engine.events.runs import RunExtended as RunExtended
from runs.engine.events.runs import RunLeased as RunLeased
from runs.engine.events.runs import RunPaused as RunPaused
from runs.engine.events.runs import RunRequeued as RunRequeued
from runs.engine.events.runs import RunResumed as RunResumed
from runs.engine.events.runs import RunStopped as RunStopped
from runs.engine.events.runs import RunWaiting as RunWaiting
from runs.engine.events.runs import WorkerFailed as WorkerFailed
from runs.engine.events.steps import ContextCompacted as ContextCompacted
from runs.engine.events.steps import HintGiven as HintGiven
from runs.engine.events.steps import JudgeAnswered as JudgeAnswered
from runs.engine.events.steps import PlanFailed as PlanFailed
from runs.engine.events.steps import StepPlanned as StepPlanned

KINDS: dict[str, type[Event]] = {kind.kind: kind for kind in Event.__subclasses__()}
