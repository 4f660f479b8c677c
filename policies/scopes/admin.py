"""Scope grants in the admin."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User

from console.signing_in.confirming import Confirmed
from policies.current import known_names, policy_admin
from policies.current.four_eyes import row_acts, widened_rights
from policies.current.four_eyes.admin_holds import FourEyes
from policies.current.four_eyes.row_acts import RowTable
from policies.current.four_eyes.rules import OWN, RowFacts, Widening, WideningKind, covered
from policies.current.policy_admin import PolicyForm, TellingAdmin
from policies.scopes.models import ScopeGrant


class ScopeGrantForm(PolicyForm):
    naming = {"group": known_names.GROUP}

    class Meta(PolicyForm.Meta):
        model = ScopeGrant
        widgets = PolicyForm.Meta.widgets | {"scopes": policy_admin.line()}

    def clean_group(self) -> str:
        return str(self.cleaned_data["group"]).strip()


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


def gain(row: ScopeGrant | None, fields: Mapping[str, Any], who: User) -> str:
    """Why this person does not confirm the grant: their own runs would hold scopes by it that they
    hold by none now. Owners hold every scope. Two queries.
    """
    groups = {"", *who.groups.values_list("name", flat=True)}
    facts = {**(row_acts.columns(row) if row else {}), **fields}
    if who.is_superuser or not facts.get("enabled") or facts["group"] not in groups:
        return ""
    held = ScopeGrant.objects.filter(enabled=True, group__in=groups)
    scopes = " ".join(held.values_list("scopes", flat=True))
    return "" if covered(str(facts["scopes"]), scopes) else OWN


row_acts.treat(ScopeGrant, RowTable(gain=gain))
