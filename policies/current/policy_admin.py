"""What the pages of policies in the admin have in common."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from console.journal.editing import Journalled
from policies.current import live_runs, policy_reach
from policies.current.looked_up import LookingForm
from policies.current.policy_reach import PolicyAim

OUT_OF_FORCE = "Out of force: it holds for nobody."


def line() -> forms.TextInput:
    """A widget for a line of names or patterns."""
    return forms.TextInput(attrs={"size": 80})


class PolicyForm(LookingForm):
    """All that may be written of a policy: everything but its version."""

    class Meta:
        exclude = ("version",)
        widgets: ClassVar[dict[str, Any]] = {"note": forms.Textarea(attrs={"rows": 3, "cols": 80})}


class TellingAdmin(Journalled):
    """Says after each edit what is in force by it, and for how many live runs."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        messages.info(request, self.in_force_now(form.instance))

    def in_force_now(self, row: Any) -> str:
        if not getattr(row, "enabled", True):
            return OUT_OF_FORCE
        return policy_reach.sentence(self.aim(row), self.others(row), live_runs.live())

    def follows(self, row: Any) -> list[str]:
        if not getattr(row, "enabled", True):
            return ["It is out of force: nothing changes for any run."]
        held = policy_reach.held(self.aim(row), live_runs.live())
        return [f"It is in force, and ends at once: {held}"]

    def aim(self, row: Any) -> PolicyAim:
        return policy_reach.aim_of(row)

    def others(self, row: Any) -> Iterable[PolicyAim]:
        """Policies in force that are asked in one order with this one."""
        return ()


class OrderedPolicyAdmin(TellingAdmin):
    """Policies in the order in which they are asked; the first one that fits decides."""

    list_display_links = ("name",)
    list_filter: ClassVar[tuple[str, ...]] = ("enabled",)
    ordering = ("priority", "name")
    save_as = True

    def others(self, row: Any) -> Iterable[PolicyAim]:
        rivals = type(row)._default_manager.filter(enabled=True).exclude(pk=row.pk)
        return [self.aim(each) for each in rivals]
