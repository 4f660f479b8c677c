"""A session approval: for one run, one tool with these arguments, and so many calls. A projection
of the run's own events.
"""

from django.db import models


class Grant(models.Model):
    """`free` names the arguments that may differ; `used` counts the calls it let through.
    `given_by` and `revoked_by` are names as they were then, with the person's id beside each.
    """

    run = models.ForeignKey("runs.Run", on_delete=models.PROTECT, related_name="grants")
    name = models.CharField(max_length=40)
    tool = models.CharField(max_length=200)
    args = models.JSONField(default=dict)
    free = models.JSONField(default=list)
    limit = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)
    given_by = models.CharField(max_length=160)
    given_by_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    given_at = models.DateTimeField()
    revoked_by = models.CharField(max_length=160, blank=True)
    revoked_by_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-given_at"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="grant_once")]
        indexes = [
            models.Index(
                fields=["-given_at"], name="grant_standing", condition=models.Q(revoked_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.tool}, {self.used} of {self.limit}"
