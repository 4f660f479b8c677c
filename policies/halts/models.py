"""Halt levers that were pulled: by whom, when, why, and until when.

Written only by `policies.halts.halt_levers`.
"""

from django.db import models
from django.db.models import Q

from policies.halts.rules import Reach


class Halt(models.Model):
    """One pull of a lever, in force until it is released. `target` names agents or tools, for
    levers that need a target. `pulled_by` and `released_by` are names as they were then, with the
    person's id beside each. `resuming`: the runs that it paused are still to go on.
    """

    class Reaches(models.TextChoices):
        ALL = Reach.ALL.value, "everything"
        AGENT = Reach.AGENT.value, "agents"
        TOOL = Reach.TOOL.value, "tools"
        IRREVERSIBLE = Reach.IRREVERSIBLE.value, "everything irreversible"

    reach = models.CharField(max_length=12, choices=Reaches.choices)
    target = models.CharField(max_length=500, blank=True, default="")
    reason = models.TextField()
    pulled_by = models.CharField(max_length=150)
    pulled_by_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    pulled_at = models.DateTimeField()
    released_by = models.CharField(max_length=150, blank=True, default="")
    released_by_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    released_at = models.DateTimeField(null=True, blank=True)
    release_note = models.TextField(blank=True, default="")
    resuming = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("-pulled_at", "-id")
        default_permissions = ("view",)
        permissions = [("pull_lever", "Can pull and release halt levers, and force breakers open")]
        constraints = [
            models.UniqueConstraint(
                fields=("reach", "target"),
                condition=Q(released_at__isnull=True),
                name="policies_halt_once",
            ),
            models.CheckConstraint(
                condition=Q(target="") | Q(reach__in=[Reach.AGENT.value, Reach.TOOL.value]),
                name="policies_halt_aimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reach_display()} {self.target}".strip()
