"""The table of tools that ended, froze or filled their process."""

from django.db import models


class ToolCrash(models.Model):
    """How often a tool ended, froze or filled the process it ran in, and how the last time. Written
    by workers.
    """

    tool = models.CharField(max_length=200, primary_key=True)
    times = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(help_text="Of the last one")
    how = models.TextField(help_text="What became of its process the last time")
    words = models.TextField(blank=True, default="", help_text="The last lines of that process")

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "tool crashes"

    def __str__(self) -> str:
        return self.tool
