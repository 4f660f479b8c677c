"""The approvals app: what runs ask people. Its rules are pure and live in `approvals.rules`."""

from django.apps import AppConfig

from console.journal import door


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = "Approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        door.notes_itself(self.label)
