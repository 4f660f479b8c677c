"""Rollups: what the events of runs add up to by hours, days and months, and how far each run is in
them. All of it can be made anew from the journal.
"""

from typing import ClassVar

from django.db import models


class Rollup(models.Model):
    """One sum: of `measure`, such as calls that succeeded, for the `name` (of a tool, a model, a
    stop reason) of an agent, in the hour, the UTC day or the month that begins at `at`.
    """

    class Spans(models.TextChoices):
        HOUR = "hour"
        DAY = "day"
        MONTH = "month"

    span = models.CharField(max_length=5, choices=Spans.choices)
    at = models.DateTimeField()
    noun = models.CharField(max_length=8)
    agent = models.TextField()
    name = models.TextField()
    measure = models.CharField(max_length=16)
    amount = models.DecimalField(max_digits=30, decimal_places=9)
    objects: ClassVar[models.Manager["Rollup"]] = models.Manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["span", "noun", "at", "agent", "name", "measure"],
                include=["amount"],
                name="insights_rollup_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%F %H:%M} {self.noun} {self.name} {self.measure}: {self.amount}"


class RolledRun(models.Model):
    """The events of a run up to `seq` are in the sums."""

    run = models.UUIDField(primary_key=True)
    seq = models.BigIntegerField()
    objects: ClassVar[models.Manager["RolledRun"]] = models.Manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.run} up to {self.seq}"


class RollupPosition(models.Model):
    """How far the journal was read: every event up to `event` is in the sums, or belongs to a run
    that counts in no figure. `at`: when it was last looked at. One row.
    """

    event = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)
    objects: ClassVar[models.Manager["RollupPosition"]] = models.Manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"up to event {self.event}"
