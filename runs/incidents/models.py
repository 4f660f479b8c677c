"""The far side of the shadow tools: what calls reached it, and what they left there. No content."""

from typing import ClassVar

from django.db import models


class ShadowCall(models.Model):
    """One call, by its idempotency key, as a service outside would know it.

    `tries`: how often it arrived. `done_at`: when it had its effect; empty for a call that only
    read, or came to nothing.
    """

    key = models.CharField(max_length=120, unique=True)
    run = models.CharField(max_length=36, db_index=True)
    tool = models.CharField(max_length=80)
    tries = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    objects: ClassVar[models.Manager["ShadowCall"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.tool} {self.key}"
