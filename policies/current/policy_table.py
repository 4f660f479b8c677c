"""What the tables of policies have in common: a name, a version, a switch and a note; and, where
several may fit, the order in which they are asked.

What a policy means is decided in the rules of its noun, not here.
"""

from typing import ClassVar

from django.db import models


class PolicyTable(models.Model):
    """A policy as an administrator writes it. Each edit of its meaning counts `version` up."""

    name = models.SlugField(
        max_length=80, unique=True, help_text="What the journal and people call it"
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    enabled = models.BooleanField(default=True)
    note = models.TextField(
        blank=True, help_text="Why this policy is here, for whoever edits it next"
    )

    class Meta:
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("name",)

    def __str__(self) -> str:
        return self.name


class OrderedPolicy(PolicyTable):
    """A policy of which several may fit; it has a `priority`, and the lowest one decides."""

    class Meta:
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("priority", "name")


def priority(fits: str) -> models.PositiveIntegerField[int, int]:
    """The column of the order in which policies are asked. `fits`: what the first one has to do, as
    `fits a tool`.
    """
    return models.PositiveIntegerField(
        default=100, help_text=f"Lowest first; the first policy that {fits} decides"
    )


def names(
    of: str, examples: str, *, label: str | None = None, further: str = ""
) -> models.CharField[str, str]:
    """A column of names or patterns, `*` unless something else is said. `of`: what is named."""
    return models.CharField(
        label,
        max_length=500,
        default="*",
        help_text=f"Names or patterns of {of}, separated by spaces: {examples}{further}",
    )
