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
    """What was said about one run: its scores, its ledger, and whether it made one call with one
    result three times.
    """

    source: str
    failed: bool | None
    predicted: bool
    thrice: bool
    kinds: frozenset[str]
    ledger: tuple[LedgerEntry, ...]


def measure(path: Path | str, thresholds: LoopThresholds = DEFAULTS) -> dict[str, Any]:
    """Precision, recall and false positive rate for runs, recall and false positive rate for steps,
    and the same per source.
    """
    watched = [watch(one, thresholds) for one in trajectories.read(Path(path))]
    both = {run.source for run in watched if run.failed} & {
        run.source for run in watched if run.failed is False
    }
    levels = {"hint": thresholds.hint, "pause": thresholds.pause, "stop": thresholds.stop}
    return {
        **_runs((run.failed, run.predicted) for run in watched),
        **_steps(watched, thresholds.stop),
        "exact_repeat": {
            **_runs((run.failed, run.thrice) for run in watched),
            **_steps(watched, None),
        },
        "graded": _runs((run.failed, run.predicted) for run in watched if run.source in both),
        "sources": {
            source: _source([run for run in watched if run.source == source])
            for source in sorted({run.source for run in watched})
        },
        "levels": {
            name: {"score": level, **_steps(watched, level)} for name, level in levels.items()
        },
        "notes": list(NOTES),
    }


def watch(run: Trajectory, limits: LoopThresholds) -> WatchedRun:
    """Folds the detector over one run, as the supervisor would."""
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
    predicted = state.score >= limits.hint or peak >= limits.stop
    return WatchedRun(
        run.source,
        run.failed,
        predicted,
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
    """Of (failed, predicted); runs that nobody graded do not count."""
    count = Counter(outcome for outcome in outcomes if outcome[0] is not None)
    caught, wrong = count[True, True], count[False, True]
    return {
        "precision": _share(caught, caught + wrong),
        "recall": _share(caught, caught + count[True, False]),
        "fpr": _share(wrong, wrong + count[False, False]),
        "traces": count.total(),
    }


def _steps(watched: Iterable[WatchedRun], threshold: float | None) -> dict[str, Any]:
    """At a score, or (None) by exact repetition."""
    entries = [entry for run in watched for entry in run.ledger]
    count = Counter(
        (entry.in_loop, entry.thrice if threshold is None else entry.score >= threshold)
        for entry in entries
    )
    return {
        "step_recall": _share(count[True, True], count[True, True] + count[True, False]),
        "step_fpr": _share(count[False, True], count[False, True] + count[False, False]),
        "steps": count.total(),
    }


def _source(watched: Sequence[WatchedRun]) -> dict[str, Any]:
    failed, fine = ([run for run in watched if run.failed is outcome] for outcome in (True, False))
    return {
        "failed": len(failed),
        "caught": sum(run.predicted for run in failed),
        "succeeded": len(fine),
        "wrongly": sum(run.predicted for run in fine),
        "ungraded": len(watched) - len(failed) - len(fine),
        "kinds": dict(sorted(Counter(kind for run in watched for kind in run.kinds).items())),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
