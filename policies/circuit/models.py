"""Circuit breakers: when they open, as an administrator writes it, and where each one stands,
shared by all workers.

Policies are edited in the admin; states are written only by `policies.circuit.admission` and
`policies.circuit.breaker_levers`.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from policies.circuit.rules import BreakerPhase
from policies.current import policy_table
from policies.current.policy_table import OrderedPolicy


class BreakerPolicy(OrderedPolicy):
    """When the breakers of some tools open. Of all policies that fit a tool the one with the lowest
    priority decides; where none fits there is no breaker.
    """

    priority = policy_table.priority("fits a tool")
    tools = policy_table.names("tools", "issue_refund kb_* time.*")
    window_seconds = models.PositiveIntegerField(
        "looks back",
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(600)],
        help_text="Seconds, counted in stretches of five",
    )
    minimum_calls = models.PositiveIntegerField(
        "at least so many calls",
        default=5,
        validators=[MinValueValidator(1)],
        help_text="With fewer calls in that time it stays closed",
    )
    failure_percent = models.PositiveSmallIntegerField(
        "failed, in percent",
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="From here on it opens",
    )
    open_seconds = models.PositiveIntegerField(
        "open for",
        default=15,
        validators=[MinValueValidator(1)],
        help_text="Seconds, the first time",
    )
    growth = models.FloatField(
        "times, when it opens again",
        default=2.0,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="2: twice as long each time",
    )
    longest_seconds = models.PositiveIntegerField(
        "but never longer than", default=600, validators=[MinValueValidator(1)], help_text="Seconds"
    )
    probe_seconds = models.PositiveIntegerField(
        "a probe may take",
        default=60,
        validators=[MinValueValidator(5)],
        help_text="Seconds; then another worker may try, in case this one died",
    )
    successes = models.PositiveSmallIntegerField(
        "good probes until it closes",
        default=2,
        validators=[MinValueValidator(1)],
        help_text="One after the other",
    )

    class Meta(OrderedPolicy.Meta):
        verbose_name_plural = "breaker policies"


class Breaker(models.Model):
    """The state of one tool's breaker. `slots` holds its counts as [number, good, bad, retries] of
    five seconds each.
    """

    class Phases(models.TextChoices):
        CLOSED = BreakerPhase.CLOSED.value, "closed"
        OPEN = BreakerPhase.OPEN.value, "open"
        HALF_OPEN = BreakerPhase.HALF_OPEN.value, "half-open"
        FORCED = BreakerPhase.FORCED.value, "forced open"

    tool = models.CharField(max_length=200, primary_key=True)
    phase = models.CharField(max_length=12, choices=Phases.choices, default=Phases.CLOSED)
    slots = models.JSONField(default=list)
    trips = models.PositiveIntegerField(default=0)
    passed = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True)
    probe = models.CharField(max_length=64, default="")
    probe_until = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=160, default="")
    why = models.TextField(default="")
    last_failure = models.TextField(default="")
    failed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("tool",)
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.tool}: {self.phase}"
