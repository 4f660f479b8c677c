"""What the loop detector says about recorded runs, against how they ended and against their own ledgers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.evaluate import trajectories
from console.evaluate.trajectories import Trajectory
from policies.rules import loops
from policies.rules.loops import Thresholds

NOTES = (
    "Run: predicted to fail when it still stood at a hint or more as it ended, or had reached a stop on the way.",
    "Step: predicted to be in a loop when the last observation since the previous ledger entry reached a stop; none, no prediction.",
    "Most failures do not loop: a wrong answer given at once is out of any loop detector's reach, so recall against outcomes stays low.",
    "Sources that hold failures only cannot raise the false positive rate; `graded` leaves them out.",
    "The ledger is a model's opinion of itself, and flatters: it calls the fifth identical upload progress.",
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What was said about one run: the highest score, the last one, and per ledger entry (its grade, the score of the step before)."""

    source: str
    failed: bool | None
    peak: float
    last: float
    kinds: frozenset[str]
    ledger: tuple[tuple[bool, float], ...]

    def predicted(self, limits: Thresholds) -> bool:
        return self.last >= limits.hint or self.peak >= limits.stop


def measure(path: Path | str, thresholds: Thresholds = loops.DEFAULTS) -> dict[str, Any]:
    """Precision, recall and false positive rate for runs, recall and false positive rate for steps, and the same per source."""
    watched = [watch(one, thresholds) for one in trajectories.read(Path(path))]
    return {**_runs(watched, thresholds), **_steps(watched, thresholds.stop), **_details(watched, thresholds)}


def watch(run: Trajectory, limits: Thresholds) -> Watched:
    """Folds the detector over one run, as the supervisor would."""
    state, _ = loops.observe(loops.START, loops.Told(run.goal), limits)
    peak, fresh = 0.0, 0.0
    ledger: list[tuple[bool, float]] = []
    kinds: set[str] = set()
    for step in run.steps:
        if step.in_loop is not None:
            ledger.append((step.in_loop, fresh))
            fresh = 0.0
        if step.seen is not None:
            state, finding = loops.observe(state, step.seen, limits)
            peak, fresh = max(peak, state.score), state.score
            kinds.update([finding.kind.value] if finding else [])
    return Watched(run.source, run.failed, peak, state.score, frozenset(kinds), tuple(ledger))


def _runs(watched: Iterable[Watched], limits: Thresholds) -> dict[str, Any]:
    count = Counter((run.failed, run.predicted(limits)) for run in watched if run.failed is not None)
    caught, wrong = count[True, True], count[False, True]
    return {
        "precision": _share(caught, caught + wrong),
        "recall": _share(caught, caught + count[True, False]),
        "fpr": _share(wrong, wrong + count[False, False]),
        "traces": count.total(),
    }


def _steps(watched: Iterable[Watched], threshold: float) -> dict[str, Any]:
    count = Counter((in_loop, score >= threshold) for run in watched for in_loop, score in run.ledger)
    return {
        "step_recall": _share(count[True, True], count[True, True] + count[True, False]),
        "step_fpr": _share(count[False, True], count[False, True] + count[False, False]),
        "steps": count.total(),
    }


def _details(watched: Sequence[Watched], limits: Thresholds) -> dict[str, Any]:
    sources = sorted({run.source for run in watched})
    both = {source for source in sources if {True, False} <= {run.failed for run in watched if run.source == source}}
    levels: Mapping[str, float] = {"hint": limits.hint, "pause": limits.pause, "stop": limits.stop}
    return {
        "graded": _runs([run for run in watched if run.source in both], limits),
        "sources": {source: _source([run for run in watched if run.source == source], limits) for source in sources},
        "levels": {name: {"score": level, **_steps(watched, level)} for name, level in levels.items()},
        "notes": list(NOTES),
    }


def _source(watched: Sequence[Watched], limits: Thresholds) -> dict[str, Any]:
    failed, fine = ([run for run in watched if run.failed is outcome] for outcome in (True, False))
    return {
        "failed": len(failed),
        "caught": sum(run.predicted(limits) for run in failed),
        "succeeded": len(fine),
        "wrongly": sum(run.predicted(limits) for run in fine),
        "ungraded": len(watched) - len(failed) - len(fine),
        "kinds": dict(sorted(Counter(kind for run in watched for kind in run.kinds).items())),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
