"""Effects that are had once over all runs for a while."""

from django.db import models


class EffectClaim(models.Model):
    """An effect key that a call of one run has taken over all runs, until the window of its policy
    ends. Written only by `runs.runtime.effect_claims`; `run` may be gone before it.
    """

    key = models.CharField(max_length=64, primary_key=True)
    run = models.UUIDField()
    call = models.CharField(max_length=40)
    step = models.PositiveIntegerField()
    done = models.BooleanField(default=False)
    at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:12]} of {self.run}"
