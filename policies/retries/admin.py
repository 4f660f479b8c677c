"""Retry policies in the admin."""

from django.contrib import admin

from policies.current import known_names, policy_admin
from policies.current.policy_admin import OrderedPolicyAdmin, PolicyForm
from policies.retries.models import RetryPolicy


class RetryPolicyForm(PolicyForm):
    naming = {"tools": known_names.TOOLS}

    class Meta(PolicyForm.Meta):
        model = RetryPolicy
        widgets = PolicyForm.Meta.widgets | {"tools": policy_admin.line()}

    def clean(self) -> None:
        super().clean()
        base, cap = self.cleaned_data.get("base_seconds"), self.cleaned_data.get("cap_seconds")
        if base is not None and cap is not None and cap < base:
            self.add_error("cap_seconds", "The first back-off is longer than that.")


@admin.register(RetryPolicy)
class RetryPolicyAdmin(OrderedPolicyAdmin):
    """The first policy that fits a tool decides; calls of a tool that no policy fits are never
    tried again.
    """

    form = RetryPolicyForm
    list_display = ("priority", "name", "tools", "attempts", "budget", "enabled", "version")
    search_fields = ("name", "tools", "note")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority", "tools")}),
        (
            "Attempts of one call",
            {
                "fields": (
                    "attempts",
                    ("base_seconds", "cap_seconds"),
                    "patience_seconds",
                    "used_up",
                ),
                "description": (
                    "Only failures that may pass are tried again, and only calls that do no harm"
                    " when they are made twice."
                ),
            },
        ),
        ("Budget of one run", {"fields": (("per_run", "run_used_up"),)}),
        (
            "Budget of one tool, for a minute, over all runs",
            {"fields": (("share_percent", "floor"),)},
        ),
        ("For whoever reads this next", {"fields": ("note",)}),
    )

    @admin.display(description="retries of a tool in a minute")
    def budget(self, policy: RetryPolicy) -> str:
        return f"{policy.floor} and {policy.share_percent} % of its calls"
