"""The runs app: makes its ledger known to whoever proves the journal."""

from django.apps import AppConfig

from console.journal import door, ledger
from runs.runtime.ledger import RUNS


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        ledger.register(RUNS)
        door.notes_itself(self.label)
