"""Limits on open requests, in the admin."""

from django import forms
from django.contrib import admin

from approvals.models import Guard
from approvals.selectors.crowding import EVERYBODY
from console.journal.editing import Journalled, KnowingForm
from policies import patterns
from runs.models import Agent


class GuardForm(KnowingForm):
    class Meta:
        model = Guard
        fields = ("agent", "most", "enabled")

    def clean_agent(self) -> str:
        name = str(self.cleaned_data["agent"])
        if name != EVERYBODY and not Agent.objects.filter(name=name).exists():
            names = Agent.objects.values_list("name", flat=True)
            said = f"There is no agent “{name}”{patterns.guess(name, names)} * is for all."
            raise forms.ValidationError(said)
        return name


@admin.register(Guard)
class GuardAdmin(Journalled):
    form = GuardForm
    list_display = ("agent", "most", "enabled")
