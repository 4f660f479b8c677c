"""Limits on open requests, in the admin."""

from django.contrib import admin

from approvals.models import Guard
from console.journal.editing import Journalled, KnowingForm


class GuardForm(KnowingForm):
    class Meta:
        model = Guard
        fields = ("agent", "most", "enabled")


@admin.register(Guard)
class GuardAdmin(Journalled):
    form = GuardForm
    list_display = ("agent", "most", "enabled")
