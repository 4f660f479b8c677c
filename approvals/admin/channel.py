"""Where notifications go, in the admin; and what was sent, to look at and not to touch."""

from django.contrib import admin
from django.http import HttpRequest

from approvals.models import Channel, Delivery
from console.journal.editing import Journalled, KnowingForm


class ChannelForm(KnowingForm):
    class Meta:
        model = Channel
        fields = ("name", "enabled", "kind", "target", "secret_variable", "groups", "gap_seconds")


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
