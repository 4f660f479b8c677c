"""The approvals app: what runs ask people. Its rules are pure and live in `approvals.rules`."""

from django.apps import AppConfig

from console.journal import content_erasure, door


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = "Approvals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # a room's models can be imported only now
        from approvals import channel_groups  # noqa: PLC0415
        from approvals.request_erasure import blank_requests, forget_requests  # noqa: PLC0415
        from policies.current import group_uses  # noqa: PLC0415
        from runs.run_erasure import also_forget  # noqa: PLC0415

        door.notes_itself(self.label)
        content_erasure.also(blank_requests)
        also_forget(forget_requests)
        group_uses.told_by(channel_groups.naming)
