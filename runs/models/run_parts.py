"""Parts of the table of runs that are looked for again and again, as conditions: what its partial
indexes hold, and what reads ask for in the very same words.
"""

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Case, F, Func, Q, Value, When

from runs.engine.stop_reasons import EXPLANATIONS, StopSeverity
from runs.engine.vocabulary import FINAL, RunStatus, StopReason, Waiting

LIVE = [status.value for status in RunStatus if status not in FINAL]
OVER = [status.value for status in RunStatus if status in FINAL]
BAD = [reason.value for reason, why in EXPLANATIONS.items() if why.severity is StopSeverity.BAD]
BADLY = Q(status=RunStatus.STOPPED.value, stop_reason__in=BAD)
KILLED_IN_DOUBT = Q(status=RunStatus.STOPPED.value, stop_reason=StopReason.KILLED_IN_DOUBT.value)
ASKS = [Waiting.APPROVAL.value, Waiting.IN_DOUBT.value]
PERSON = (
    Q(status=RunStatus.WAITING.value, waiting_for__in=ASKS)
    | Q(status=RunStatus.COMPENSATING.value, waiting_for=Waiting.IN_DOUBT.value)
    | Q(status=RunStatus.PAUSED.value) & ~Q(stop_reason=StopReason.USER_PAUSED.value)
    | KILLED_IN_DOUBT
    | Q(late__gt=0)
    | Q(leftover=True)
    | Q(findings__gt=0)
    | Q(status__in=OVER, waiting_for=Waiting.UNDO.value)
)
"""Runs that need a person, including ended ones while nobody has looked into what came back late or
could not be undone, or differs from a far side, or has said whether anything is to be undone.
"""
LEFT = (
    KILLED_IN_DOUBT
    | Q(late__gt=0)
    | Q(leftover=True)
    | Q(findings__gt=0)
    | Q(waiting_for=Waiting.UNDO.value)
)
"""`PERSON` of ended runs."""
STANDING = [RunStatus.WAITING.value, RunStatus.PAUSED.value, RunStatus.COMPENSATING.value]
LIFE = Func(
    F("created_at"),
    Case(When(ended_at__lt=F("created_at"), then=F("created_at")), default=F("ended_at")),
    Value("[]"),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)
"""From when until when a run lived; open for one that is not over. A clock that was put back makes
it a moment, never an error.
"""
