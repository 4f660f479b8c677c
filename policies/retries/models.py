"""How failed calls are tried again, as an administrator writes it.

What it means is decided in `policies.retries.rules`, not here.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from policies.current import policy_table
from policies.current.policy_table import OrderedPolicy
from policies.retries.rules import Afterwards


class RetryPolicy(OrderedPolicy):
    """How failed calls of some tools are tried again. Of all policies that fit a tool the one with
    the lowest priority decides; where none fits nothing is tried again.
    """

    class Endings(models.TextChoices):
        PLANNER = Afterwards.PLANNER.value, "the planner hears of the failure"
        STOP = Afterwards.STOP.value, "the run stops"

    priority = policy_table.priority("fits a tool")
    tools = policy_table.names("tools", "issue_refund kb_* time.*")
    attempts = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1)],
        help_text="Of one call, the first one included",
    )
    base_seconds = models.FloatField(
        "first back-off",
        default=0.5,
        validators=[MinValueValidator(0)],
        help_text="Seconds; it doubles each time",
    )
    cap_seconds = models.FloatField(
        "longest back-off", default=30, validators=[MinValueValidator(0)], help_text="Seconds"
    )
    patience_seconds = models.PositiveIntegerField(
        "longest Retry-After",
        default=300,
        help_text="Seconds; a tool that asks for more is not waited for",
    )
    per_run = models.PositiveIntegerField(
        "retries of one run", default=20, help_text="Over all its calls"
    )
    share_percent = models.PositiveSmallIntegerField(
        "retries of one tool, in percent",
        default=20,
        validators=[MaxValueValidator(100)],
        help_text=(
            "Of its calls within a minute, over all runs; what is beyond that is not tried again"
        ),
    )
    floor = models.PositiveIntegerField(
        "and at least", default=10, help_text="Retries a minute that a tool may have with few calls"
    )
    used_up = models.CharField(
        "when a call's attempts are used up",
        max_length=8,
        choices=Endings.choices,
        default=Endings.PLANNER,
    )
    run_used_up = models.CharField(
        "when the run's are", max_length=8, choices=Endings.choices, default=Endings.STOP
    )

    class Meta(OrderedPolicy.Meta):
        verbose_name_plural = "retry policies"
