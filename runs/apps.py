"""The runs app: makes its ledger known to whoever proves the journal, and its own copies of content to whoever erases."""

from django.apps import AppConfig

from console.journal import door, erasing, ledger
from runs.runtime.ledger import RUNS


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        # a room's models can be imported only now
        from runs.erasing import blank_run  # noqa: PLC0415

        ledger.register(RUNS)
        erasing.also(blank_run)
        door.notes_itself(self.label)
