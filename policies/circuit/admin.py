"""Breaker policies in the admin, and a look at where breakers stand; their levers are on the
console's own page.
"""

from django.contrib import admin
from django.http import HttpRequest

from policies.circuit.models import Breaker, BreakerPolicy
from policies.current import known_names, policy_admin
from policies.current.policy_admin import OrderedPolicyAdmin, PolicyForm


class BreakerPolicyForm(PolicyForm):
    naming = {"tools": known_names.TOOLS}

    class Meta(PolicyForm.Meta):
        model = BreakerPolicy
        widgets = PolicyForm.Meta.widgets | {"tools": policy_admin.line()}

    def clean(self) -> None:
        super().clean()
        first, longest = (
            self.cleaned_data.get("open_seconds"),
            self.cleaned_data.get("longest_seconds"),
        )
        if first and longest and longest < first:
            self.add_error("longest_seconds", "The first time it is open for longer than that.")


@admin.register(BreakerPolicy)
class BreakerPolicyAdmin(OrderedPolicyAdmin):
    """The first policy that fits a tool decides; a tool that none fits has no breaker."""

    form = BreakerPolicyForm
    list_display = ("priority", "name", "tools", "opens", "open_seconds", "enabled", "version")
    search_fields = ("name", "tools", "note")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "priority", "tools")}),
        ("It opens when", {"fields": (("minimum_calls", "window_seconds"), "failure_percent")}),
        ("And stays open", {"fields": (("open_seconds", "growth", "longest_seconds"),)}),
        (
            "Then probes try",
            {
                "fields": (("successes", "probe_seconds"),),
                "description": "One call at a time, over all workers.",
            },
        ),
        ("For whoever reads this next", {"fields": ("note",)}),
    )

    @admin.display(description="opens when")
    def opens(self, policy: BreakerPolicy) -> str:
        return (
            f"{policy.failure_percent} % of at least {policy.minimum_calls} calls in"
            f" {policy.window_seconds} s failed"
        )


@admin.register(Breaker)
class BreakerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django 5.2 cannot be asked for it
    """Breakers, for looking only."""

    list_display = ("tool", "phase", "moved_at", "why")
    list_filter = ("phase",)
    search_fields = ("tool",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Breaker | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Breaker | None = None) -> bool:
        return False
