"""Thresholds in the admin: only what differs is written, all of it is shown, and impossible values
are refused.
"""

import json
from dataclasses import fields
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from console.journal.editing import KnowingForm
from policies.current.policy_admin import TellingAdmin
from policies.thresholds import rows
from policies.thresholds.models import Thresholds


class ThresholdsForm(KnowingForm):
    class Meta:
        model = Thresholds
        fields = ("changes", "note")
        widgets = {
            "changes": forms.Textarea(attrs={"rows": 8, "cols": 80, "spellcheck": "false"}),
            "note": forms.Textarea(attrs={"rows": 3, "cols": 80}),
        }

    def clean_changes(self) -> dict[str, Any]:
        changes = self.cleaned_data["changes"] or {}
        if not isinstance(changes, dict):
            raise forms.ValidationError('A JSON object of what differs, such as {"pause": 0.6}.')
        try:
            rows.EDITED[Thresholds.Kind(self.instance.kind)](changes)
        except (ValueError, TypeError) as wrong:
            raise forms.ValidationError(f"{wrong}") from wrong
        return changes


@admin.register(Thresholds)
class ThresholdsAdmin(TellingAdmin):
    """There is one row for each kind, shipped with the product; rows are neither added
    nor deleted.
    """

    form = ThresholdsForm
    list_display = ("kind", "differing", "version")
    readonly_fields = ("in_force",)
    fieldsets = (
        (
            None,
            {
                "fields": ("changes", "note"),
                "description": "In force on live runs at their next step.",
            },
        ),
        ("As it stands", {"fields": ("in_force",)}),
    )

    @admin.display(description="what differs from the shipped numbers")
    def differing(self, row: Thresholds) -> str:
        return json.dumps(row.changes)[:120] if row.changes else "nothing"

    @admin.display(description="Numbers")
    def in_force(self, row: Thresholds) -> SafeString:
        """Every number, with the shipped one beside it where they differ."""
        kind = rows.EDITED[Thresholds.Kind(row.kind)]
        shipped, now = numbers(kind({})), numbers(kind(row.changes))
        lines = [
            (name, value, "" if value == shipped[name] else f"shipped: {shipped[name]}")
            for name, value in now.items()
        ]
        body = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", lines)
        return format_html("<table>{}</table>", body)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Thresholds | None = None) -> bool:
        return False


def numbers(thresholds: Any) -> dict[str, float]:
    """All numbers by name, those of the signs' weights by the signs' names."""
    flat = {
        one.name: getattr(thresholds, one.name)
        for one in fields(thresholds)
        if one.name != "weights"
    }
    return flat | {
        f"weights: {name}": value
        for name, value in dict(getattr(thresholds, "weights", {})).items()
    }
