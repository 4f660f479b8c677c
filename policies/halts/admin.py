"""The record of halt levers in the admin, for looking only: they are pulled and released on the
console's own pages.
"""

from django.contrib import admin
from django.http import HttpRequest

from policies.halts.models import Halt


@admin.register(Halt)
class HaltAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django 5.2 cannot be asked for it
    list_display = (
        "reach",
        "target",
        "reason",
        "pulled_by",
        "pulled_at",
        "released_by",
        "released_at",
    )
    list_filter = ("reach",)
    search_fields = ("target", "reason", "pulled_by")
    date_hierarchy = "pulled_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Halt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Halt | None = None) -> bool:
        return False
