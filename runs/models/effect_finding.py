"""What reconciliations found: one row for each difference between the journal and a far side."""

from django.db import models
from django.db.models import Q

from runs.engine.vocabulary import Discrepancy


class EffectFinding(models.Model):
    """A difference that stays open until a person closes it with a reason. Written only by
    `runs.reconciling`; `run` and `call` are empty where no run of the house fits.
    """

    class Differences(models.TextChoices):
        NO_CALL = Discrepancy.NO_CALL.value, "an effect without a call"
        NOT_THERE = Discrepancy.NOT_THERE.value, "a call without its effect"
        ALTHOUGH_FAILED = Discrepancy.ALTHOUGH_FAILED.value, "an effect of a call that failed"
        ALTHOUGH_UNDONE = Discrepancy.ALTHOUGH_UNDONE.value, "an effect of a call that was undone"
        TWICE = Discrepancy.TWICE.value, "an effect that is there twice"

    difference = models.CharField(max_length=20, choices=Differences.choices)
    tool = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    run = models.UUIDField(null=True)
    call = models.CharField(max_length=40, blank=True, default="")
    step = models.PositiveIntegerField(null=True)
    effect_at = models.DateTimeField(null=True)
    listed = models.CharField(max_length=500, blank=True, default="")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("tool", "difference", "key"), name="runs_effectfinding_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["run"], name="runs_effectfinding_open", condition=Q(closed_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_difference_display()}: {self.tool} {self.key}"
