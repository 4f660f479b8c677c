"""What the loop detector says about honest sweeps: one thing after the other read, as recorded from
real tool servers. None may be held up.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from console.evaluate import trajectories
from console.evaluate.trajectories import Trajectory
from policies.decision import DecisionKind
from policies.loops import detector
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.loops.observations import CallObserved, OutsideWords

COMMITTED = Path(__file__).with_name("sweeps.jsonl.gz")
HELD = (DecisionKind.PAUSE, DecisionKind.STOP)


def measure(path: Path | str = COMMITTED, thresholds: LoopThresholds = DEFAULTS) -> dict[str, Any]:
    """How many sweeps of how many servers, tools and calls were hinted at, paused or ended."""
    runs = list(trajectories.read(Path(path)))
    calls = [seen for run in runs for seen in _calls(run)]
    worst = {run.name: _worst(run, thresholds) for run in runs}
    return {
        "sweeps": len(runs),
        "servers": len({run.source for run in runs}),
        "tools": len({(run.source, seen.tool) for run in runs for seen in _calls(run)}),
        "calls": len(calls),
        "stopped": sum(kind in HELD for kind, _ in worst.values()),
        "hinted": sum(bool(said) for _, said in worst.values()),
        "thresholds_digest": thresholds.digest(),
        "found": {name: said for name, (_, said) in worst.items() if said},
        "sources": _sources(runs),
    }


def _calls(run: Trajectory) -> list[CallObserved]:
    return [step.seen for step in run.steps if isinstance(step.seen, CallObserved)]


def _worst(run: Trajectory, limits: LoopThresholds) -> tuple[DecisionKind, str]:
    """The hardest decision about a sweep, with what was said: stopped is worse than paused."""
    state, _ = detector.observe(detector.START, OutsideWords(run.goal), limits)
    worst, said = DecisionKind.ALLOW, ""
    for seen in _calls(run):
        state, decision = detector.observe(state, seen, limits)
        if decision.sentence and (not said or decision.kind in HELD):
            worst, said = decision.kind, decision.sentence
    return worst, said


def _sources(runs: Iterable[Trajectory]) -> dict[str, dict[str, int]]:
    by_server: dict[str, list[Sequence[CallObserved]]] = {}
    for run in runs:
        by_server.setdefault(run.source, []).append(_calls(run))
    return {
        server: {
            "sweeps": len(swept),
            "tools": len({call.tool for calls in swept for call in calls}),
            "calls": sum(map(len, swept)),
        }
        for server, swept in sorted(by_server.items())
    }
