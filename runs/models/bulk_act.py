"""The tables of bulk acts: what a person asked for many runs at once, and what became of each."""

from django.conf import settings
from django.db import models


class BulkAct(models.Model):
    """One verb for many runs, asked by one person. `picked`: its runs were ticked one by one, and
    there is no query; `asked_at` and `zone` say what its times mean. `by_name` stays when the
    person is gone.
    """

    verb = models.CharField(max_length=8)
    query = models.CharField(max_length=1000, blank=True)
    picked = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True)
    compensate = models.CharField(max_length=8, blank=True)
    zone = models.CharField(max_length=60)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    by_name = models.CharField(max_length=160)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    aborted_by = models.CharField(max_length=160, blank=True)
    asked = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = (
            models.Index(fields=["id"], name="bulk_under_way", condition=models.Q(ended_at=None)),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.asked} runs ({self.pk})"

    @property
    def left(self) -> int:
        """Runs whose turn has not come; of an act that is over, those that it left alone."""
        return self.asked - self.done - self.refused


class BulkItem(models.Model):
    """One run of a bulk act: nothing yet, done, or refused and `why`."""

    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="items")
    run = models.UUIDField()
    state = models.CharField(max_length=8, default="", blank=True)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("act", "run"), name="a_run_once_an_act"),)
        indexes = (
            models.Index(fields=["act", "id"], name="bulk_waiting", condition=models.Q(state="")),
        )

    def __str__(self) -> str:
        return f"{self.run} of {self.act_id}: {self.state or 'waiting'}"
