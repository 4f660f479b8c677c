"""The journal as a Django application: the ground everything else writes on.

It imports nothing of the rooms above.
"""

from django.apps import AppConfig

from console.journal import door, quick_times


class JournalConfig(AppConfig):
    name = "console.journal"
    label = "journal"
    verbose_name = "Journal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        door.connect()
        quick_times.quicken()
