"""How long an outage is waited for, as an administrator writes it, and the outages there are now.

What a policy means is decided in `policies.outages.rules` and `policies.outages.pace`, not here.
"""

from django.core.validators import MinValueValidator
from django.db import models

from policies.current import policy_table
from policies.current.policy_table import OrderedPolicy


class PatiencePolicy(OrderedPolicy):
    """A policy for how long a planner's outage is waited for. Of all that fit a planner the one
    with the lowest priority decides; where none fits, it is waited for until the run's own time is
    over.
    """

    priority = policy_table.priority("fits a planner")
    planners = policy_table.names("planners", "openai:* anthropic:claude-*")
    longest_minutes = models.PositiveIntegerField(
        "waits at most",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Minutes; empty: until the run's own time is over",
    )
    cap_seconds = models.PositiveIntegerField(
        "longest pause",
        default=60,
        validators=[MinValueValidator(1)],
        help_text="Seconds between two tries; it begins below a second and doubles each time",
    )
    limited_seconds = models.PositiveIntegerField(
        "after a rate limit",
        default=60,
        help_text="Seconds it waits at least when the provider does not say when to come back",
    )

    class Meta(OrderedPolicy.Meta):
        verbose_name_plural = "patience policies"


class ProviderStanding(models.Model):
    """A provider's model that turned runs away, as the whole house knows it. Written by workers."""

    place = models.CharField(max_length=300, primary_key=True)
    since = models.DateTimeField()
    trouble = models.CharField(max_length=80, blank=True, default="")
    tries = models.PositiveIntegerField(default=0)
    pause = models.FloatField(default=1.0)
    retry_at = models.DateTimeField(null=True)
    probe_until = models.DateTimeField(null=True)
    back_at = models.DateTimeField(null=True)
    granted = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "provider that was away"
        verbose_name_plural = "providers that were away"

    def __str__(self) -> str:
        return self.place
