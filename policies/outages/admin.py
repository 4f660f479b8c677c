"""Patience policies in the admin."""

from django import forms
from django.contrib import admin

from console.journal.editing import Journalled, KnowingForm
from policies.outages.models import PatiencePolicy


class PatiencePolicyForm(KnowingForm):
    class Meta:
        model = PatiencePolicy
        exclude = ("version",)
        widgets = {
            "note": forms.Textarea(attrs={"rows": 3, "cols": 80}),
            "planners": forms.TextInput(attrs={"size": 80}),
        }


@admin.register(PatiencePolicy)
class PatiencePolicyAdmin(Journalled):
    """The first policy that fits a planner decides; a planner that no policy fits is waited for
    until the run's own time is over.
    """

    form = PatiencePolicyForm
    list_display = ("priority", "name", "planners", "longest_minutes", "enabled", "version")
    list_display_links = ("name",)
    list_filter = ("enabled",)
    search_fields = ("name", "planners", "note")
    ordering = ("priority", "name")
    save_as = True
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority", "planners")}),
        (
            "While a provider is away",
            {
                "fields": ("longest_minutes", "cap_seconds", "limited_seconds"),
                "description": (
                    "Overload, rate limits and lost connections are waited out; all runs together"
                    " come back to a provider at a pace that doubles, after one that probes it."
                ),
            },
        ),
        ("For whoever reads this next", {"fields": ("note",)}),
    )
