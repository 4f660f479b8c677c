"""A request: one thing that a run asks a person, and what became of it. Written only by
`approvals.request_row`; opened and ended beside the run's events.
"""

from django.db import models

from approvals.rules.request_vocabulary import OnExpiry, RequestKind, RequestStatus
from runs.engine.vocabulary import AnswerAct
from runs.models.run import choices

NEVER = "9999-12-31 00:00:00+00"


class Request(models.Model):
    """Columns about the run are copies, so that the queue needs only this table. `starter` and
    `decided_by` are names as they were then, to be read, never compared.

    `proposed` never changes; `args` are the arguments as they stand now, `decided_args` those that
    were let through. `held` stays behind when the run ended before it took effect; `held_until` is
    empty then.
    """

    run = models.ForeignKey("runs.Run", on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=16, choices=choices(RequestKind))
    call = models.CharField(max_length=40)
    step = models.PositiveIntegerField(default=0)
    tool = models.CharField(max_length=200, blank=True)
    proposed = models.JSONField(default=dict)
    args = models.JSONField(default=dict)
    effect = models.CharField(max_length=16, blank=True)
    undo = models.BooleanField(default=False)
    rule = models.CharField(max_length=200, blank=True)
    sentence = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    call_key = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=(
            "What its call is known by in other runs: a digest of its tool and of what identifies"
            " it"
        ),
    )
    line = models.CharField(max_length=120, blank=True)
    tainted = models.BooleanField(default=False)

    agent = models.CharField(max_length=50)
    agent_title = models.CharField(max_length=80)
    starter = models.CharField(max_length=150)
    drill = models.BooleanField(
        db_default=False,
        default=False,
        help_text="Asked in a fire drill: it stands in no queue, and nobody outside is told",
    )
    correlation_id = models.UUIDField()

    stages = models.JSONField(default=list)
    stage = models.PositiveSmallIntegerField(default=0)
    group = models.CharField(max_length=150)
    quorum = models.PositiveSmallIntegerField(default=1)
    four_eyes = models.BooleanField(default=True)
    ttl = models.PositiveIntegerField(null=True)
    on_expiry = models.CharField(max_length=12, choices=choices(OnExpiry), default=OnExpiry.DENY)
    escalate_to = models.CharField(max_length=150, blank=True)
    escalated = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    due = models.DateTimeField(
        help_text="When it expires, the end of time for one that does not: the order of the queue"
    )

    status = models.CharField(
        max_length=12, choices=choices(RequestStatus), default=RequestStatus.OPEN
    )
    act = models.CharField(max_length=16, choices=choices(AnswerAct), blank=True)
    decided_by = models.CharField(
        max_length=160, blank=True, help_text="What they were called then: for reading"
    )
    decided_by_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Who it was: their opaque id",
    )
    decided_args = models.JSONField(null=True)
    note = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    held = models.JSONField(
        null=True, help_text="An answer that has not taken effect, as it was given"
    )
    held_until = models.DateTimeField(
        null=True, help_text="When that answer takes effect, unless it is taken back before"
    )

    class Meta:
        ordering = ["due", "id"]
        default_permissions = ()
        permissions = [
            ("view_request", "Can see what runs ask"),
            ("decide_request", "Can decide what runs ask, in the groups they are in"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "call"],
                condition=models.Q(status=RequestStatus.OPEN),
                name="request_open_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due", "id"],
                name="request_queue",
                condition=models.Q(status=RequestStatus.OPEN),
            ),
            models.Index(
                fields=["-ended_at", "-id"],
                name="request_ended",
                condition=~models.Q(status=RequestStatus.OPEN),
            ),
            models.Index(fields=["run", "id"], name="request_of_run"),
            models.Index(
                fields=["held_until"],
                name="request_held",
                condition=models.Q(held_until__isnull=False),
            ),
            models.Index(
                fields=["id"],
                name="request_unannounced",
                condition=models.Q(status=RequestStatus.OPEN, announced_at=None),
            ),
            models.Index(
                fields=["agent", "agent_title", "tool", "group"],
                name="request_choices",
                condition=models.Q(status=RequestStatus.OPEN, drill=False),
            ),
            models.Index(
                fields=["call_key", "status", "ended_at"],
                name="request_same_call",
                condition=~models.Q(call_key=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool or self.kind} of {self.agent_title} ({self.pk})"
