"""Many seeds on all cores, summed up; and each planted bug hunted until a seed finds it."""

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from runs.simulation.one_seed import SeedOutcome, play, silence
from runs.simulation.planted import BUGS
from runs.simulation.rare_branches import SOMETIMES

MOST_SHOWN = 20
COUNTED = ("events", "crashes", "undos", "parallel_calls", "compactions")


def swept(seeds: range) -> dict[str, Any]:
    """Play all of `seeds`. Each violation names its seed, so that it can be played again."""
    with crowd() as pool:
        return summary(pool.map(swept_up, seeds, chunksize=4))


def crowd() -> ProcessPoolExecutor:
    """A process for each core that this process may use."""
    return ProcessPoolExecutor(len(os.sched_getaffinity(0)), initializer=settled)


def settled() -> None:
    """Nothing is collected while a seed plays: it is soon over, and all of it is litter then."""
    gc.freeze()
    gc.disable()


def swept_up(seed: int, bug: str = "") -> SeedOutcome:
    """Play it, and collect what it left behind."""
    played = play(seed, bug)
    with silence():
        gc.collect()
    return played


def summary(played: Iterable[SeedOutcome]) -> dict[str, Any]:
    seeds, told = 0, list[str]()
    marks, tally, struck = Counter[str](), Counter[str](), Counter[str]()
    for each in played:
        seeds += 1
        marks.update(each.marks)
        tally.update(each.tally)
        struck.update(each.struck)
        told.extend(each.violations)
    missed = [mark for mark in SOMETIMES if not marks[mark]]
    return {
        "seeds": seeds,
        **{name: tally[name] for name in COUNTED},
        "faults": struck.total(),
        "fault_kinds": len(+struck),
        "violations": len(told),
        "sometimes_missed": len(missed),
        "missed": missed,
        "sometimes": {mark: marks[mark] for mark in SOMETIMES},
        "told": told[:MOST_SHOWN],
    }


def planted(seeds: range) -> dict[str, Any]:
    """The planted bugs, with the seed that finds each, and how many no seed finds."""
    with crowd() as pool:
        found = dict(zip(BUGS, pool.map(partial(hunted, seeds), BUGS), strict=True))
    missed = [bug for bug, told in found.items() if not told]
    return {"planted": len(BUGS), "missed": len(missed), "found": found}


def hunted(seeds: range, bug: str) -> str:
    """The first violation that a planted bug leads to; empty when no seed finds it."""
    for seed in seeds:
        if told := swept_up(seed, bug).violations:
            return told[0]
    return ""


def alone(seed: int, tell: Callable[[str], object] | None) -> dict[str, Any]:
    """Play one seed, and tell the journals of its runs if somebody wants to read them."""
    played = play(seed, story=tell is not None)
    for line in played.story if tell else ():
        tell(line)  # type: ignore[misc]
    return {
        "seed": seed,
        **{name: played.tally[name] for name in COUNTED},
        "violations": len(played.violations),
        "told": played.violations,
    }
