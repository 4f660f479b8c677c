"""When every process last did each of its rounds, from which the health page sees whether it still
does. Written by `telling` only.
"""

from django.db import models


class Round(models.Model):
    """The last round of one name in one process, by the database's clock; `failures` in a row, the
    last one because of `trouble`.
    """

    process = models.CharField(max_length=200)
    name = models.CharField(max_length=100)
    done_at = models.DateTimeField()
    failures = models.IntegerField()
    trouble = models.CharField(max_length=300)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["process", "name"], name="live_round_once"),)

    def __str__(self) -> str:
        return f"{self.name} of {self.process} at {self.done_at:%H:%M:%S}"
