"""The numbers by which loops are found and results are judged, as an administrator edits them: only
those that differ from the shipped ones.
"""

from django.db import models


class Thresholds(models.Model):
    """One row for each kind. An empty object means: as shipped."""

    class Kind(models.TextChoices):
        LOOPS = "loops", "loops and progress"
        TRUTH = "truth", "what a result means"

    kind = models.CharField(max_length=16, choices=Kind.choices, unique=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    changes = models.JSONField(
        default=dict,
        blank=True,
        help_text='Only what differs from the shipped numbers: {"pause": 0.6}',
    )
    note = models.TextField(blank=True, help_text="Why they differ, for whoever edits them next")

    class Meta:
        verbose_name_plural = "thresholds"
        ordering = ("kind",)

    def __str__(self) -> str:
        return f"Thresholds of {self.kind}"

    @property
    def name(self) -> str:
        """How the journal calls the row."""
        return self.kind
