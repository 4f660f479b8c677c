"""Where notifications go, in the admin; and what was sent, to look at and not to touch."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.http import HttpRequest

from approvals.models import Channel, Delivery
from console.journal.editing import Journalled, KnowingForm

WEBHOOK = URLValidator(schemes=["http", "https"])
NO_TARGET = {
    Channel.Kinds.EMAIL: "These are no e-mail addresses, separated by commas.",
    Channel.Kinds.WEBHOOK: "A webhook's address begins with http:// or https://.",
}


class ChannelForm(KnowingForm):
    class Meta:
        model = Channel
        fields = ("name", "enabled", "kind", "target", "secret_variable", "groups", "gap_seconds")

    def clean(self) -> None:
        super().clean()
        kind, target = self.cleaned_data.get("kind"), str(self.cleaned_data.get("target") or "")
        if kind and target and (wrong := unreachable(kind, target)):
            self.add_error("target", wrong)


def unreachable(kind: str, target: str) -> forms.ValidationError | None:
    """Why nothing can be sent there."""
    try:
        if kind == Channel.Kinds.WEBHOOK:
            WEBHOOK(target)
        else:
            for address in target.split(","):
                validate_email(address.strip())
    except ValidationError:
        return forms.ValidationError(NO_TARGET[Channel.Kinds(kind)])
    return None


@admin.register(Channel)
class ChannelAdmin(Journalled):
    form = ChannelForm
    list_display = ("name", "kind", "target", "groups", "enabled", "sent_at")


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django 5.2 cannot be asked for it
    list_display = ("created_at", "channel", "count", "attempts", "delivered_at", "error")
    list_filter = ("channel",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False
