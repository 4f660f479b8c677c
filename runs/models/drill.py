"""The tables of fire drills, and of those that come again each month."""

from django.conf import settings
from django.db import models

from runs.models.agent import Agent


class Drill(models.Model):
    """One fire drill: which scenario was played with a shadow copy of which agent, by which runs,
    and what its report says once it is over.

    `facts` is what was found out beside the runs' journal. `held`: whether everything held; None
    while it is under way.
    """

    scenario = models.CharField(max_length=32)
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="drills")
    agent_title = models.CharField(max_length=80)
    tools = models.JSONField(default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by_name = models.CharField(max_length=160)
    runs = models.JSONField(default=list)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    facts = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    held = models.BooleanField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["started_at"], name="drill_under_way", condition=models.Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario} with {self.agent_title} ({self.pk})"


class MonthlyDrill(models.Model):
    """A fire drill that the clock starts again and again, a month after the last time."""

    scenario = models.CharField(max_length=32)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="monthly_drills")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    next_at = models.DateTimeField()
    trouble = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["next_at", "id"]
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("scenario", "agent"), name="a_monthly_drill_once"),
        )

    def __str__(self) -> str:
        return f"{self.scenario} with {self.agent} each month"
