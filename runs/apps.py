"""The runs app: makes its ledger known to whoever proves the journal, its own copies of content to
whoever erases, and what a recorded call's gate knew to whoever tries a policy.
"""

from django.apps import AppConfig

from console.journal import door, erasing, ledger
from runs.runtime.ledger import RUNS


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        # a room's models can be imported only now
        from policies.gate import recorded_calls  # noqa: PLC0415
        from runs.erasing import blank_run  # noqa: PLC0415
        from runs.supervision import recorded  # noqa: PLC0415

        recorded_calls.told_by(recorded.recorded)
        ledger.register(RUNS)
        erasing.also(blank_run)
        door.notes_itself(self.label)
