"""The policies app: what is allowed. One folder for each noun; what decides in it is pure."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = "Policies"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # what is in force is read through models, which cannot be imported before every app is
        # known
        from policies import current  # noqa: PLC0415
        from policies.current import group_uses  # noqa: PLC0415
        from policies.gate import deciders  # noqa: PLC0415
        from policies.scopes import rows  # noqa: PLC0415

        current.connect()
        group_uses.told_by(deciders.naming)
        group_uses.told_by(rows.naming)
