"""Thresholds in the admin: only what differs is written, all of it is shown, and impossible values
are refused.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from console import figures
from console.form_rows.rows_field import RowsField, RowsForm
from console.journal.editing import KnowingForm
from policies.current.policy_admin import TellingAdmin
from policies.thresholds import rows, threshold_meanings, threshold_rows
from policies.thresholds.models import Thresholds


class ThresholdsForm(RowsForm, KnowingForm):
    class Meta:
        model = Thresholds
        fields = ("changes", "note")
        widgets: ClassVar[dict[str, Any]] = {"note": forms.Textarea(attrs={"rows": 3, "cols": 80})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "changes" in self.fields:
            shape, check = threshold_rows.of_kind(Thresholds.Kind(self.instance.kind))
            self.fields["changes"] = RowsField(
                shape,
                label="What differs",
                check=check,
                help_text="Every other number is as it was shipped.",
            )

    def clean_changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = self.cleaned_data["changes"]
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

    def in_force_now(self, row: Thresholds) -> str:
        """Say as well how many numbers come before the shipped ones, since no row of another kind
        overrides them.
        """
        count = len(threshold_rows.changes_apart(row.changes) or ())
        shipped = (
            f"{figures.plural(count, 'number')} here {'is' if count == 1 else 'are'} other than"
            " shipped; the rest is as shipped."
            if count
            else "Every number is as shipped."
        )
        return f"{super().in_force_now(row)} {shipped}"

    @admin.display(description="what differs from the shipped numbers")
    def differing(self, row: Thresholds) -> str:
        return figures.arguments(row.changes, 120) or "nothing"

    @admin.display(description="Numbers")
    def in_force(self, row: Thresholds) -> SafeString:
        """Every number, with the shipped one beside it where they differ."""
        kind = rows.EDITED[Thresholds.Kind(row.kind)]
        shipped = threshold_rows.numbers(kind({}))
        try:
            now = threshold_rows.numbers(kind(row.changes))
        except (ValueError, TypeError) as wrong:
            return format_html("<p>As shipped, since what is stored cannot be: {}</p>", f"{wrong}")
        lines = [
            (
                name,
                value,
                "" if value == shipped[name] else f"shipped: {shipped[name]}",
                threshold_meanings.of(name),
            )
            for name, value in now.items()
        ]
        cells = "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>"
        body = format_html_join("", cells, lines)
        return format_html("<table>{}</table>", body)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Thresholds | None = None) -> bool:
        return False
