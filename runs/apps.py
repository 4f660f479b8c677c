"""The runs app: registers its ledger for proofs, its own copies of content for erasures, and what
pages about policies want to know of runs and tools.
"""

from django.apps import AppConfig
from django.core import checks

from console.journal import content_erasure, door, ledger
from runs.runtime.run_ledger import RUNS


class RunsConfig(AppConfig):
    name = "runs"

    def ready(self) -> None:
        # a room's models can be imported only now
        from policies.current import known_names, live_runs  # noqa: PLC0415
        from policies.current.known_names import Kind  # noqa: PLC0415
        from policies.gate import known_tools, recorded_calls  # noqa: PLC0415
        from runs import tool_checks  # noqa: PLC0415
        from runs.reading import agent_names, live_counts  # noqa: PLC0415
        from runs.run_erasure import blank_run  # noqa: PLC0415
        from runs.supervision import recorded_gate  # noqa: PLC0415
        from runs.tools import tool_arguments  # noqa: PLC0415

        recorded_calls.told_by(recorded_gate.recorded)
        live_runs.told_by(live_counts.counted)
        known_tools.told_by(tool_arguments.known)
        known_names.told_by({Kind.AGENT: agent_names.known, Kind.TOOL: tool_arguments.names})
        ledger.register(RUNS)
        content_erasure.also(blank_run)
        checks.register(tool_checks.left_out)
        door.notes_itself(self.label)
