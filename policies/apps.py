"""The policies app: what is allowed. Its rules are pure and live in `policies.rules`."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = "Policies"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # what is in force is read through models, which cannot be imported before every app is
        # known
        from policies import current  # noqa: PLC0415

        current.connect()
