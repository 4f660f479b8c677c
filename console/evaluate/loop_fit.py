"""Fits the thresholds of the loop detector to recorded runs, and tries the fit on runs of sources
that it was not shown.

A fit is the choice among settings that are all watched beforehand, so that leaving a source out
costs no second look at the runs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from itertools import product
from math import sqrt
from pathlib import Path
from typing import Any

from console.evaluate import loops, trajectories
from console.evaluate.loops import WatchedRun
from console.evaluate.trajectories import Trajectory
from policies.loops import fitted_numbers
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds

PRIOR = LoopThresholds()
"""What one would choose before any run was seen: data have to say so for a fit to leave it."""
WEIGHTS = {"told": (0.3, 0.45), "tolerated": (0.15, 0.2, 0.25), "failed": (0.75, 0.9)}
HINTS = tuple(round(0.28 + 0.02 * step, 2) for step in range(14))
# Shares of the doubt left at a hint, at which a run is paused and stopped: one level is fitted
# rather than three, since few recorded steps are labelled.
PAUSE_DOUBT, STOP_DOUBT = 0.65, 0.6
ALARM_COST = 2.0  # runs caught that one run wrongly held is worth, as shares
SURE = 1.28  # standard errors: of the false alarms, what nine samples in ten would not exceed
AS_GOOD = 0.5  # standard errors of the recall within which two settings are as good

HINTED = 0.02  # share of honest sweeps that may be told something

FITTED_NUMBERS = Path(fitted_numbers.__file__)

Watched = Mapping[LoopThresholds, Sequence[WatchedRun]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting, and what it is worth on the runs that a fit is shown."""

    limits: LoopThresholds
    worth: float
    recall: float
    failures: int

    @property
    def far(self) -> float:
        """The distance of a setting from the prior, which is what one would choose before any run
        was seen.
        """
        names = ("hint", *WEIGHTS)
        before, now = asdict(PRIOR), asdict(self.limits)
        return float(sum(abs(now[name] / before[name] - 1) for name in names))


@dataclass(frozen=True, slots=True)
class Fold:
    """The runs of one source, and the fit to those of all others; `shown` of them were graded."""

    source: str
    limits: LoopThresholds
    runs: Sequence[WatchedRun]
    shown: int

    def row(self) -> dict[str, Any]:
        chosen = {name: getattr(self.limits, name) for name in ("hint", "stop", *WEIGHTS)}
        return {"runs": len(self.runs), "shown": self.shown, **chosen}


def settings() -> Iterator[LoopThresholds]:
    """The weights that are tried, at the prior's levels: scores do not depend on levels."""
    for values in product(*WEIGHTS.values()):
        chosen: dict[str, Any] = dict(zip(WEIGHTS, values, strict=True))
        listed = {"sweep": chosen["tolerated"], "empty_sweep": round(chosen["tolerated"] + 0.1, 2)}
        yield replace(PRIOR, **chosen, **listed)


def with_hint(limits: LoopThresholds, hint: float) -> LoopThresholds:
    """A setting with its levels set by the hint's: hint, pause and stop rise together."""
    doubt = 1.0 - hint
    pause, stop = (round(1.0 - share * doubt, 4) for share in (PAUSE_DOUBT, STOP_DOUBT))
    return replace(limits, hint=hint, pause=pause, stop=stop)


def weights(limits: LoopThresholds) -> LoopThresholds:
    """The setting without the levels that were chosen for it."""
    return replace(limits, hint=PRIOR.hint, pause=PRIOR.pause, stop=PRIOR.stop)


def watched(runs: Iterable[Trajectory]) -> Watched:
    """Every setting, folded over every run."""
    shown = list(runs)
    return {limits: [loops.watch(run, limits) for run in shown] for limits in settings()}


def fit(runs: Watched, sweeps: Watched) -> LoopThresholds:
    """The setting that is nearest to the prior, of all that hold up no honest sweep and are as good
    as the best one.
    """
    found = [
        candidate(with_hint(limits, hint), seen)
        for limits, seen in runs.items()
        for hint in HINTS
        if _lets_go(with_hint(limits, hint), sweeps.get(limits, ()))
    ]
    best = max(found, key=lambda one: one.worth)
    doubt = AS_GOOD * sqrt(best.recall * (1 - best.recall) / max(1, best.failures))
    return min(
        (one for one in found if one.worth >= best.worth - doubt),
        key=lambda one: (one.far, -one.worth),
    ).limits


def _lets_go(limits: LoopThresholds, sweeps: Sequence[WatchedRun]) -> bool:
    """Whether no honest sweep is paused, and hardly any is given a hint."""
    hinted = sum(sweep.peak >= limits.hint for sweep in sweeps)
    paused = any(sweep.peak >= limits.pause for sweep in sweeps)
    return not paused and hinted <= HINTED * len(sweeps)


def candidate(limits: LoopThresholds, seen: Sequence[WatchedRun]) -> Candidate:
    count = Counter((run.failed, run.predicted(limits)) for run in seen)
    failures = count[True, True] + count[True, False]
    recall = count[True, True] / max(1, failures)
    alarms = at_most(count[False, True], count[False, True] + count[False, False])
    return Candidate(limits, recall - ALARM_COST * alarms, recall, failures)


def at_most(hits: int, among: int) -> float:
    """Wilson's upper bound of a share that was seen as `hits` among so many."""
    if not among:
        return 1.0
    share, square = hits / among, SURE * SURE / among
    spread = SURE * sqrt(share * (1 - share) / among + square / (4 * among))
    return (share + square / 2 + spread) / (1 + square)


def left_out(runs: Watched, sweeps: Watched) -> list[Fold]:
    """The fits that leave one source out: for each source, the fit to the runs of all others, and
    its own runs as that fit judges them.
    """
    sources = sorted({run.source for seen in runs.values() for run in seen})
    return [_fold(source, runs, sweeps) for source in sources]


def _fold(source: str, runs: Watched, sweeps: Watched) -> Fold:
    others = {
        limits: [run for run in seen if run.source != source] for limits, seen in runs.items()
    }
    limits = fit(others, sweeps)
    seen = runs[weights(limits)]
    graded = sum(run.failed is not None for run in others[weights(limits)])
    return Fold(source, limits, [run for run in seen if run.source == source], graded)


def leave_one_out(
    path: Path, sweeps: Iterable[Trajectory], thresholds: LoopThresholds = DEFAULTS
) -> dict[str, Any]:
    """The figures over all runs, each judged by a fit that was not shown its source.

    The digest is that of the shipped thresholds, which are the fit to all sources.
    """
    folds = left_out(watched(trajectories.read(path)), watched(sweeps))
    return {
        **loops.figures([(fold.limits, fold.runs) for fold in folds]),
        "folds": len(folds),
        "fitted": int(all(fold.shown for fold in folds)),
        "thresholds_digest": thresholds.digest(),
        "fold": {fold.source: fold.row() for fold in folds},
    }


def fitted(path: Path, sweeps: Iterable[Trajectory]) -> LoopThresholds:
    """The fit to all runs of a file."""
    return fit(watched(trajectories.read(path)), watched(sweeps))


def module_text(limits: LoopThresholds, path: Path) -> str:
    """The module that ships a fit: the differences from the prior, the digest, and the runs it was
    fitted to.
    """
    numbers = {
        name: value for name, value in asdict(limits).items() if value != getattr(PRIOR, name)
    }
    lines = [f'    "{name}": {value!r},' for name, value in numbers.items()]
    recordings = sha256(path.read_bytes()).hexdigest()[:16]
    return "\n".join(
        [
            '"""Thresholds of loops as they were fitted to recorded runs.',
            "",
            "Written by `manage.py evaluate loops FILE --fit`, never by hand.",
            '"""',
            "",
            "from typing import Any",
            "",
            "FITTED: dict[str, Any] = {",
            *lines,
            "}",
            f'DIGEST = "{limits.digest()}"  # of all thresholds, these in their place',
            f'RECORDINGS = "{recordings}"  # of the file they were fitted to',
            "",
        ]
    )
