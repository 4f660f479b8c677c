"""Which of an agent's models takes the next step, as an administrator writes it. Read by
`policies.routing.rows`.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from policies.current import policy_table
from policies.current.policy_table import OrderedPolicy
from policies.routing.rules import DEFAULT_HOLD, PLAN, STEP


class RoutingPolicy(OrderedPolicy):
    """A policy that names the model of the next step. Of all that fit a run and hold the one with
    the lowest priority decides; where none does, the agent's planner takes the step.
    """

    class Tiers(models.TextChoices):
        PLAN = PLAN, "the better model (plan)"
        STEP = STEP, "the usual model (step)"

    priority = policy_table.priority("fits and holds")
    agents = policy_table.names(
        "agents",
        "refund-desk research-*",
        further=". Agents that name no better model are never routed",
    )
    tools = models.CharField(
        "after a call of",
        max_length=500,
        default="*",
        help_text="Names or patterns of tools, separated by spaces; *: whatever was called last",
    )
    condition = models.TextField(
        "when",
        blank=True,
        help_text="An expression that is true or false: run.failures >= 2. Empty: always",
    )
    tier = models.CharField("who takes the step", max_length=8, choices=Tiers.choices, default=PLAN)
    hold = models.PositiveSmallIntegerField(
        "and keeps it for",
        default=DEFAULT_HOLD,
        validators=[MinValueValidator(1), MaxValueValidator(1_000)],
        help_text="Steps, so that a run does not go to and fro between two models",
    )

    class Meta(OrderedPolicy.Meta):
        verbose_name_plural = "routing policies"
