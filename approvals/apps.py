"""The approvals app: what runs ask people. Its rules are pure and live in `approvals.rules`."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = "Approvals"
    default_auto_field = "django.db.models.BigAutoField"
