"""What the pages of policies in the admin have in common."""

from typing import Any, ClassVar

from django import forms

from console.journal.editing import Journalled, KnowingForm


def line() -> forms.TextInput:
    """A widget for a line of names or patterns."""
    return forms.TextInput(attrs={"size": 80})


class PolicyForm(KnowingForm):
    """All that may be written of a policy: everything but its version."""

    class Meta:
        exclude = ("version",)
        widgets: ClassVar[dict[str, Any]] = {"note": forms.Textarea(attrs={"rows": 3, "cols": 80})}


class OrderedPolicyAdmin(Journalled):
    """Policies in the order in which they are asked; the first one that fits decides."""

    list_display_links = ("name",)
    list_filter: ClassVar[tuple[str, ...]] = ("enabled",)
    ordering = ("priority", "name")
    save_as = True
