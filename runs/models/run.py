"""The table of runs. A run's row is a projection of its journal and its lease."""

import uuid
from enum import StrEnum

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GistIndex
from django.db import models

from runs.engine.vocabulary import Control, Priority, RunPhase, RunStatus, StopReason, Waiting
from runs.models.agent import Agent
from runs.models.run_parts import BADLY, LEFT, LIFE, LIVE, OVER, PERSON, STANDING


def choices(vocabulary: type[StrEnum]) -> list[tuple[str, str]]:
    """What a column may hold, for Django: each word stands for itself."""
    return [(word.value, word.value) for word in vocabulary]


IS_LIVE, IS_OVER = models.Q(status__in=LIVE), models.Q(status__in=OVER)
WITH_REASON = ~models.Q(stop_reason="")


def listed(name: str, condition: models.Q, *narrowed: str) -> list[models.Index]:
    """Indexes by which these runs are listed newest first, by themselves or narrowed by columns."""
    return [
        models.Index(
            fields=[*columns.split(), "-created_at", "-id"],
            name="_".join(("fleet", name, *columns.split())),
            condition=condition,
        )
        for columns in narrowed
    ]


class Run(models.Model):
    """One supervised run.

    `seq`, `head` and every column of the projection change only by a journal append.

    No column has a CHECK, though no number here is ever negative: PostgreSQL reads those of a table
    anew in each statement that updates it, and every commit of a step is one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="runs")
    snapshot = models.JSONField(help_text="The agent as it was at the start")
    goal = models.TextField()
    principal = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs"
    )
    by_right = models.BooleanField(
        db_default=False,
        default=False,
        help_text="They might start runs when they started it: it pauses once they may not",
    )
    drill = models.BooleanField(
        db_default=False,
        default=False,
        help_text="A shadow copy in a fire drill: it counts in no figure of real work",
    )
    correlation_id = models.UUIDField(default=uuid.uuid4)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    priority = models.CharField(
        max_length=12,
        choices=choices(Priority),
        default=Priority.INTERACTIVE,
        db_default=Priority.INTERACTIVE.value,
    )
    max_steps = models.IntegerField()
    max_tokens = models.BigIntegerField()
    max_usd = models.DecimalField(max_digits=12, decimal_places=4)
    max_seconds = models.IntegerField()
    created_at = models.DateTimeField()

    # the ledger
    seq = models.BigIntegerField(default=0)
    head = models.BinaryField(default=bytes)

    # the projection: project(fold(events)) of everything up to `seq`
    status = models.CharField(max_length=16, choices=choices(RunStatus), default=RunStatus.QUEUED)
    waiting_for = models.CharField(max_length=16, choices=choices(Waiting), blank=True, default="")
    stop_reason = models.CharField(
        max_length=24, choices=choices(StopReason), blank=True, default=""
    )
    stop_detail = models.TextField(blank=True, default="")
    phase = models.CharField(max_length=16, choices=choices(RunPhase), default=RunPhase.IDLE)
    phase_at = models.DateTimeField(null=True)
    control = models.CharField(max_length=8, choices=choices(Control), blank=True, default="")
    step = models.IntegerField(default=0)
    calls = models.IntegerField(default=0)
    tool = models.CharField(max_length=200, blank=True, default="")
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    usd = models.DecimalField(max_digits=20, decimal_places=9, default=0)
    usd_unknown = models.BooleanField(
        default=False, help_text="Some call had no known price: the true cost is higher"
    )
    estimated = models.BooleanField(
        db_default=False,
        default=False,
        help_text="Some tokens, or their price, are an estimate: nobody told of them",
    )
    saved = models.DecimalField(
        max_digits=20,
        decimal_places=9,
        db_default=0,
        default=0,
        help_text="USD that the provider's cache has spared",
    )
    reserved_tokens = models.BigIntegerField(default=0)
    reserved_usd = models.DecimalField(max_digits=20, decimal_places=9, default=0)
    undone = models.IntegerField(default=0)
    to_undo = models.IntegerField(default=0)
    late = models.IntegerField(
        db_default=0,
        default=0,
        help_text="Calls that came back after the lease had ended, and that nobody has looked into",
    )
    leftover = models.BooleanField(
        db_default=False,
        default=False,
        help_text="Something could not be undone, and nobody has looked into it",
    )
    findings = models.IntegerField(
        db_default=0,
        default=0,
        help_text="Differences from a far side that nobody has looked into",
    )
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True)
    active_seconds = models.FloatField(
        default=0, help_text="Running time up to `clock_since`, in seconds"
    )
    clock_since = models.DateTimeField(
        null=True, help_text="Since when its clock runs; empty while it stands"
    )

    # the lease
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_epoch = models.IntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True)
    takes = models.IntegerField(
        default=0, help_text="Workers in a row that took the lease and never had the run in hand"
    )

    # the workers that were lost with it
    crashes = models.IntegerField(
        db_default=0,
        default=0,
        help_text="Workers in a row that were lost with it, without a step forward",
    )
    blamed = models.BooleanField(
        db_default=False, default=False, help_text="Its call may have ended the last one"
    )
    suspect = models.BooleanField(
        db_default=False,
        default=False,
        help_text="It is driven by a process that holds nothing else",
    )
    lost_after = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        default="",
        help_text="What became of the last one",
    )
    lost_words = models.TextField(
        blank=True, db_default="", default="", help_text="What it said last, masked"
    )

    class Meta:
        ordering = ["-created_at"]
        # never a column that a step changes: an index on one, partial ones too, makes each step's
        # update write every index anew. A BRIN alone, which knows blocks and no rows, does not
        indexes = [
            models.Index(fields=["-created_at", "id"], name="run_newest"),
            models.Index(fields=["correlation_id"], name="run_correlation"),
            models.Index(
                fields=["stop_reason", "-ended_at"],
                name="run_stopped",
                condition=models.Q(status="stopped"),
            ),
            models.Index(fields=["created_at"], name="run_late", condition=models.Q(late__gt=0)),
            models.Index(
                fields=["created_at"], name="run_leftover", condition=models.Q(leftover=True)
            ),
            models.Index(fields=["created_at"], name="run_drill", condition=models.Q(drill=True)),
            models.Index(
                fields=["created_at"], name="run_findings", condition=models.Q(findings__gt=0)
            ),
            models.Index(
                fields=["created_at"], name="run_suspect", condition=models.Q(suspect=True)
            ),
            models.Index(
                fields=["priority", "principal", "agent", "created_at"],
                name="run_queued",
                condition=models.Q(status="queued"),
            ),
            models.Index(
                fields=["principal", "agent"],
                name="run_held",
                condition=~models.Q(lease_owner=""),
            ),
            models.Index(
                fields=["created_at"], name="run_killed", condition=models.Q(control="kill")
            ),
            models.Index(
                fields=["status", "wake_at"],
                name="run_live",
                condition=~models.Q(status__in=["completed", "stopped"]),
            ),
            # what the fleet's lists walk, newest first
            *listed("live", IS_LIVE, "", "agent", "principal"),
            *listed("person", models.Q(PERSON, IS_LIVE), "", "agent", "principal"),
            *listed("over", IS_OVER, "", "agent", "principal", "principal agent"),
            *listed("bad", models.Q(BADLY, IS_OVER), "", "agent", "principal"),
            *listed("left", models.Q(LEFT, IS_OVER), ""),
            *listed("live", models.Q(WITH_REASON, IS_LIVE), "stop_reason"),
            *listed("over", models.Q(WITH_REASON, IS_OVER), "stop_reason"),
            # what few ended runs are found by
            models.Index(fields=["ended_at"], name="run_ended", condition=IS_OVER),
            GistIndex(LIFE, name="run_life", condition=IS_OVER),
            BrinIndex(
                models.F("step"),
                models.F("usd"),
                models.F("tokens_in") + models.F("tokens_out"),
                name="run_amounts",
                pages_per_range=8,
                autosummarize=True,
            ),
            models.Index(
                fields=["status", "waiting_for", "created_at"],
                name="run_standing",
                condition=models.Q(status__in=STANDING),
            ),
            models.Index(
                fields=["created_at"], name="run_undo", condition=models.Q(waiting_for="undo")
            ),
        ]
        permissions = [("operate_run", "Can start, pause, resume and kill runs")]

    def __str__(self) -> str:
        return f"{self.goal[:60]} ({self.id})"
