"""What the loop detector says about recorded runs, against how they ended and against their own
ledgers.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.evaluate import trajectories
from console.evaluate.trajectories import Trajectory
from policies.loops import detector
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.loops.observations import CallObserved, Observation, OutsideWords

NOTES = (
    (
        "Run: predicted to fail when it still stood at a hint or more as it ended, or had reached a"
        " stop on the way."
    ),
    (
        "Step: predicted to be in a loop when the last observation since the previous ledger entry"
        " reached a stop; none, no prediction."
    ),
    (
        "Most failures do not loop: a wrong answer given at once is out of any loop detector's"
        " reach, so recall against outcomes stays low."
    ),
    (
        "Sources that hold failures only cannot raise the false positive rate; `graded` leaves them"
        " out."
    ),
    (
        "The ledger is a model's opinion of itself, and flatters: it calls the fifth identical"
        " upload progress."
    ),
)


THRICE = 3  # the rule to beat: the same call with the same result, for the third time


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One ledger entry: its grade, the score of the step before it, and whether that step was an
    exact repetition.
    """

    in_loop: bool
    score: float
    thrice: bool


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """What was said about one run: its last and highest score, its ledger, and whether it made one
    call with one result three times.
    """

    source: str
    failed: bool | None
    last: float
    peak: float
    thrice: bool
    kinds: frozenset[str]
    ledger: tuple[LedgerEntry, ...]

    def predicted(self, limits: LoopThresholds) -> bool:
        """Whether a run still stood at a hint when it ended, or had reached a stop on the way."""
        return self.last >= limits.hint or self.peak >= limits.stop


ByFold = tuple[LoopThresholds, Sequence[WatchedRun]]


def measure(path: Path | str, thresholds: LoopThresholds = DEFAULTS) -> dict[str, Any]:
    """Precision, recall and false positive rate for runs, recall and false positive rate for steps,
    and the same per source.
    """
    watched = [watch(one, thresholds) for one in trajectories.read(Path(path))]
    levels = {"hint": thresholds.hint, "pause": thresholds.pause, "stop": thresholds.stop}
    return {
        **figures([(thresholds, watched)]),
        "thresholds_digest": thresholds.digest(),
        "levels": {
            name: {"score": level, **_steps(_entries(watched, level))}
            for name, level in levels.items()
        },
        "notes": list(NOTES),
    }


def figures(judged: Sequence[ByFold]) -> dict[str, Any]:
    """The figures over runs that were judged by one set of thresholds, or by one a fold."""
    runs = [(run, run.predicted(limits)) for limits, watched in judged for run in watched]
    both = {run.source for run, _ in runs if run.failed} & {
        run.source for run, _ in runs if run.failed is False
    }
    steps = [pair for limits, watched in judged for pair in _entries(watched, limits.stop)]
    return {
        **_runs((run.failed, predicted) for run, predicted in runs),
        **_steps(steps),
        "exact_repeat": {
            **_runs((run.failed, run.thrice) for run, _ in runs),
            **_steps((entry.in_loop, entry.thrice) for run, _ in runs for entry in run.ledger),
        },
        "graded": _runs((run.failed, predicted) for run, predicted in runs if run.source in both),
        "sources": {
            source: _source([pair for pair in runs if pair[0].source == source])
            for source in sorted({run.source for run, _ in runs})
        },
    }


def watch(run: Trajectory, limits: LoopThresholds) -> WatchedRun:
    """Fold the detector over one run, as the supervisor does."""
    state, _ = detector.observe(detector.START, OutsideWords(run.goal), limits)
    peak, entry = 0.0, LedgerEntry(in_loop=False, score=0.0, thrice=False)
    ledger: list[LedgerEntry] = []
    kinds: set[str] = set()
    calls = Counter[tuple[str, str, str]]()
    for step in run.steps:
        if step.in_loop is not None:
            ledger.append(replace(entry, in_loop=step.in_loop))
            entry = LedgerEntry(in_loop=False, score=0.0, thrice=False)
        if step.seen is None:
            continue
        state, decision = detector.observe(state, step.seen, limits)
        peak, kinds = (
            max(peak, state.score),
            kinds | ({decision.facts["kind"]} if decision.facts else set()),
        )
        entry = replace(entry, score=state.score, thrice=_thrice(step.seen, calls))
    return WatchedRun(
        run.source,
        run.failed,
        state.score,
        peak,
        max(calls.values(), default=0) >= THRICE,
        frozenset(kinds),
        tuple(ledger),
    )


def _thrice(seen: Observation, calls: Counter[tuple[str, str, str]]) -> bool:
    if not isinstance(seen, CallObserved):
        return False
    call = (seen.tool, json.dumps(seen.args, sort_keys=True), seen.result)
    calls[call] += 1
    return calls[call] >= THRICE


def _runs(outcomes: Iterable[tuple[bool | None, bool]]) -> dict[str, Any]:
    """Precision, recall and false positive rate of pairs (failed, predicted), one for each run;
    runs that nobody graded do not count.
    """
    count = Counter(outcome for outcome in outcomes if outcome[0] is not None)
    caught, wrong = count[True, True], count[False, True]
    return {
        "precision": _share(caught, caught + wrong),
        "recall": _share(caught, caught + count[True, False]),
        "fpr": _share(wrong, wrong + count[False, False]),
        "traces": count.total(),
    }


def _entries(watched: Iterable[WatchedRun], level: float) -> list[tuple[bool, bool]]:
    return [(entry.in_loop, entry.score >= level) for run in watched for entry in run.ledger]


def _steps(entries: Iterable[tuple[bool, bool]]) -> dict[str, Any]:
    """Recall and false positive rate of pairs (in a loop by the run's own ledger, predicted), one
    for each step.
    """
    count = Counter(entries)
    return {
        "step_recall": _share(count[True, True], count[True, True] + count[True, False]),
        "step_fpr": _share(count[False, True], count[False, True] + count[False, False]),
        "steps": count.total(),
    }


def _source(runs: Sequence[tuple[WatchedRun, bool]]) -> dict[str, Any]:
    failed, fine = (
        [predicted for run, predicted in runs if run.failed is outcome] for outcome in (True, False)
    )
    return {
        "failed": len(failed),
        "caught": sum(failed),
        "succeeded": len(fine),
        "wrongly": sum(fine),
        "ungraded": len(runs) - len(failed) - len(fine),
        "kinds": dict(sorted(Counter(kind for run, _ in runs for kind in run.kinds).items())),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
