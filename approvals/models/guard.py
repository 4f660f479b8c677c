"""How many requests an agent may have open at once. Beyond that its runs pause, so that the people
who decide are not flooded.
"""

from django.db import models


class Guard(models.Model):
    """One agent's limit, by name; `*` is for every agent without one of its own. Without a row
    there is no limit.
    """

    agent = models.CharField(
        max_length=50,
        unique=True,
        help_text="Name of an agent, or * for all that have no limit of their own",
    )
    most = models.PositiveIntegerField(help_text="Open requests of that agent at once")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["agent"]

    def __str__(self) -> str:
        return f"{self.agent}: {self.most}"
