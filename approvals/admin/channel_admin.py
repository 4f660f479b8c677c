"""The channels of notifications, for editing; and what was sent, for looking only."""

import os
import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from approvals.models import Channel, Delivery
from approvals.rules import run_news
from approvals.services import delivering
from console.journal import database_clock
from console.journal.editing import Journalled
from console.outside import addresses, variables
from policies.current import known_names
from policies.current.looked_up import LookingForm

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


class ChannelForm(LookingForm):
    naming = {"groups": known_names.GROUPS}
    kind = forms.ChoiceField(
        choices=[each for each in Channel.Kinds.choices if each[0] != Channel.Kinds.PUSH]
    )
    events = forms.MultipleChoiceField(
        label="Told of",
        choices=list(run_news.TITLES.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=run_news.requests_only,
        required=False,
        help_text=(
            "Of a run it is told the agent, how it stands, what it cost and where to look, and"
            " never its goal, its tools or its result. Nothing ticked: of requests."
        ),
    )

    class Meta:
        model = Channel
        fields = (
            "name",
            "enabled",
            "kind",
            "target",
            "secret_variable",
            "events",
            "groups",
            "gap_seconds",
        )

    def clean_events(self) -> list[str]:
        return self.cleaned_data["events"] or run_news.requests_only()

    def clean_secret_variable(self) -> str:
        name = str(self.cleaned_data["secret_variable"])
        if name and not VARIABLE.fullmatch(name):
            raise forms.ValidationError(
                "This is the name of a variable, not the key itself. Keys are never stored."
            )
        if "secret_variable" in self.changed_data and (
            sentence := variables.problem([name], os.environ)
        ):
            raise forms.ValidationError(sentence)
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if sentence := unfit(str(data.get("kind", "")), str(data.get("target", ""))):
            self.add_error("target", sentence)
        elif data.get("kind") == Channel.Kinds.WEBHOOK and (
            sentence := variables.misdirected(
                [str(data.get("secret_variable") or "")],
                os.environ,
                urlsplit(str(data.get("target", ""))).hostname or "",
            )
        ):
            self.add_error("secret_variable", sentence)
        return data


def unfit(kind: str, target: str) -> str:
    """Why nothing could be sent to this target; empty when it could."""
    if kind == Channel.Kinds.WEBHOOK:
        if not web_address(target):
            return "A webhook's address begins with http:// or https://."
        return f"This webhook {wrong}." if (wrong := addresses.problem(target)) else ""
    for part in target.split(","):
        try:
            validate_email(part.strip())
        except ValidationError:
            return "These are no e-mail addresses, separated by commas."
    return ""


def web_address(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


@admin.register(Channel)
class ChannelAdmin(Journalled):
    form = ChannelForm
    list_display = ("name", "kind", "target", "groups", "enabled", "sent_at")
    actions = ("send_a_test",)
    change_form_template = "admin/channel_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        """Those of the house: a browser is its owner's own."""
        found: QuerySet[Channel] = super().get_queryset(request)
        return found.exclude(kind=Channel.Kinds.PUSH)

    @admin.action(
        description="Send a test message to the selected channels", permissions=["change"]
    )
    def send_a_test(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in queryset:
            try_out(request, channel)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What is tried is what was saved, after that was committed."""
        response: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)
        saved = isinstance(response, HttpResponseRedirect)
        if not (saved and object_id and "_test" in request.POST):
            return response
        try_out(request, Channel.objects.get(pk=object_id))
        return HttpResponseRedirect(request.get_full_path())


def try_out(request: HttpRequest, channel: Channel) -> None:
    """Send a test message and say on the next page what came of it."""
    if trouble := delivering.tried(channel, at=database_clock.now()):
        messages.error(request, f"Channel {channel.name}: {trouble}")
    else:
        messages.success(request, f"Channel {channel.name}: the test message was taken.")


@admin.register(Delivery)
# Django 5.2 cannot be asked for it
class DeliveryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("created_at", "channel", "news", "count", "attempts", "delivered_at", "error")
    list_filter = ("channel", "news")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False
