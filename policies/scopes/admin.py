"""Scope grants in the admin."""

from collections.abc import Sequence

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group

from console.signing_in.confirming import Confirmed
from policies.current import policy_admin
from policies.current.four_eyes import widened_rights
from policies.current.four_eyes.admin_holds import FourEyes
from policies.current.four_eyes.rules import RowFacts, Widening, WideningKind
from policies.current.policy_admin import PolicyForm, TellingAdmin
from policies.scopes.models import ScopeGrant


class ScopeGrantForm(PolicyForm):
    class Meta(PolicyForm.Meta):
        model = ScopeGrant
        widgets = PolicyForm.Meta.widgets | {"scopes": policy_admin.line()}

    def clean_group(self) -> str:
        name = str(self.cleaned_data["group"]).strip()
        if name and not Group.objects.filter(name=name).exists():
            raise forms.ValidationError(
                f"There is no group {name}:"
                f" {', '.join(Group.objects.order_by('name').values_list('name', flat=True))}."
            )
        return name


@admin.register(ScopeGrant)
class ScopeGrantAdmin(Confirmed, FourEyes, TellingAdmin):
    """A tool that needs a scope is refused to runs of people who hold it by none of their groups,
    whatever tool policies say.
    """

    form = ScopeGrantForm
    four_eyes = WideningKind.SCOPE
    list_display = ("name", "whose", "scopes", "enabled", "version")
    list_filter = ("enabled",)
    search_fields = ("name", "group", "scopes", "note")
    fieldsets = (
        (None, {"fields": ("name", "enabled")}),
        (
            "Who holds what",
            {
                "fields": ("group", "scopes"),
                "description": (
                    "Tools name the scope they need. Without it a call is refused, whatever tool"
                    " policies say. In force on live runs at their next step."
                ),
            },
        ),
        ("For whoever reads this next", {"fields": ("note",)}),
    )

    @admin.display(description="group", ordering="group")
    def whose(self, row: ScopeGrant) -> str:
        return row.group or "everybody"

    def widened(self, row: ScopeGrant, before: RowFacts, after: RowFacts) -> Sequence[Widening]:
        return widened_rights.grant(before, after)
