"""Effects that are had once over all runs for a while."""

from django.db import models


class EffectClaim(models.Model):
    """An effect key that a call of one run has taken over all runs, until the window of its policy
    ends. Written only by `runs.runtime.effect_claims`; `run` may be gone before it.

    One claim of a key `holds` it. One that made way for another holds it again when the other call
    did not happen or was undone.
    """

    key = models.CharField(max_length=64)
    run = models.UUIDField()
    call = models.CharField(max_length=40)
    step = models.PositiveIntegerField()
    done = models.BooleanField(default=False)
    holds = models.BooleanField(default=True)
    at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(holds=True), name="runs_effect_held_once"
            ),
            models.UniqueConstraint(
                fields=["key", "run", "call"], name="runs_effect_claim_of_call"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key[:12]} of {self.run}"
