"""The runs app: makes its ledger known to whoever proves the journal."""

from django.apps import AppConfig

from console.journal import ledger
from runs.runtime.ledger import RUNS


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        ledger.register(RUNS)
