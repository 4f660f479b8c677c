"""Patience policies in the admin."""

from django.contrib import admin

from policies.current import policy_admin
from policies.current.policy_admin import OrderedPolicyAdmin, PolicyForm
from policies.outages.models import PatiencePolicy


class PatiencePolicyForm(PolicyForm):
    class Meta(PolicyForm.Meta):
        model = PatiencePolicy
        widgets = PolicyForm.Meta.widgets | {"planners": policy_admin.line()}


@admin.register(PatiencePolicy)
class PatiencePolicyAdmin(OrderedPolicyAdmin):
    """The first policy that fits a planner decides; a planner that no policy fits is waited for
    until the run's own time is over.
    """

    form = PatiencePolicyForm
    list_display = ("priority", "name", "planners", "longest_minutes", "enabled", "version")
    search_fields = ("name", "planners", "note")
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
