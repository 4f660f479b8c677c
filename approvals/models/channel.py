"""Where notifications go, and each message that was or will be sent there.

The truth of a delivery is its row; a task is only a nudge.
"""

from django.conf import settings
from django.db import models

from approvals.rules import run_news
from approvals.rules.run_news import News


class Channel(models.Model):
    """Where notifications go. `pending` requests wait for the next message: when many come they
    share one, at most every `gap_seconds`.

    One of the kind PUSH is a browser of its `owner`, who switched it on: it is told what they may
    answer, and nobody edits it.
    """

    class Kinds(models.TextChoices):
        EMAIL = "email", "e-mail"
        WEBHOOK = "webhook", "webhook (Slack-compatible, signed)"
        PUSH = "push", "a browser"

    name = models.SlugField(max_length=80, unique=True)
    enabled = models.BooleanField(default=True)
    kind = models.CharField(max_length=8, choices=Kinds.choices)
    target = models.CharField(
        max_length=1_000, help_text="E-mail addresses, separated by commas; or the webhook's URL"
    )
    secret_variable = models.CharField(
        max_length=80,
        blank=True,
        help_text=(
            "Environment variable with the key that signs a webhook; the key itself is never stored"
        ),
    )
    groups = models.CharField(
        max_length=300,
        blank=True,
        help_text="Only requests for these groups, separated by commas; empty: all",
    )
    events = models.JSONField(
        default=run_news.requests_only,
        db_default=[News.REQUESTED.value],
        help_text="What it is told of",
    )
    gap_seconds = models.PositiveIntegerField(
        default=30,
        help_text="At most one message in so many seconds; what comes meanwhile shares the next",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="push_browsers",
        null=True,
        editable=False,
    )
    browser = models.CharField(max_length=80, blank=True, db_default="", editable=False)
    push_keys = models.JSONField(
        default=dict,
        db_default={},
        editable=False,
        help_text=(
            "What only this browser reads by, and the key of ours that it was switched on for"
        ),
    )
    pending = models.JSONField(default=list, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def wants(self, group: str) -> bool:
        named = {part.strip() for part in self.groups.split(",") if part.strip()}
        return News.REQUESTED in self.events and (not named or group in named)


class RunNotice(models.Model):
    """What a channel is still to be told of a run. Written with the event that it tells of, so that
    none is lost, and gone once it is in a delivery.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notices")
    run = models.UUIDField()
    news = models.CharField(max_length=24)
    reason = models.CharField(max_length=24)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.news} {self.run}"


class Delivery(models.Model):
    """One message to one channel, about requests or about runs; `runs` are objects with id, reason
    and time.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    news = models.CharField(
        max_length=24, default=News.REQUESTED.value, db_default=News.REQUESTED.value
    )
    requests = models.JSONField(default=list)
    runs = models.JSONField(default=list, db_default=[])
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claims = models.PositiveIntegerField(
        db_default=0,
        default=0,
        editable=False,
        help_text="Senders that have taken it: the last one's word counts",
    )
    next_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["next_at"], name="delivery_due", condition=models.Q(delivered_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.created_at:%Y-%m-%d %H:%M:%S}"

    @property
    def count(self) -> int:
        return len(self.requests) + len(self.runs)
