"""The thresholds in force: the shipped ones, with an administrator's changes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

from policies import current
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.thresholds.models import Thresholds
from policies.truth.sign import TruthThresholds

log = logging.getLogger(__name__)
SHIPPED_TRUTH = TruthThresholds()


@dataclass(frozen=True, slots=True)
class Standards:
    """Thresholds with the versions of their rows; version 0 is as shipped."""

    loops: LoopThresholds = DEFAULTS
    truth: TruthThresholds = SHIPPED_TRUTH
    loops_version: int = 0
    truth_version: int = 0


def edited_loops(changes: Mapping[str, Any]) -> LoopThresholds:
    """The thresholds of loops with these changes. Raises ValueError naming what is wrong."""
    known = {one.name: one.default for one in fields(LoopThresholds)}
    if unknown := sorted(set(changes) - set(known)):
        raise ValueError(f"not a threshold of loops: {', '.join(unknown)}")
    for name, value in changes.items():
        whole = isinstance(known[name], int)
        if (
            not isinstance(value, int if whole else int | float)
            or isinstance(value, bool)
            or not isfinite(value)
        ):
            raise ValueError(f"{name} is a {'whole ' if whole else ''}number")
    return replace(DEFAULTS, **changes)


def edited_truth(changes: Mapping[str, Any]) -> TruthThresholds:
    """The thresholds of truth with these changes; `weights` may be changed sign by sign."""
    if not isinstance(changes.get("weights", {}), Mapping):
        raise ValueError('weights is an object: {"weights": {"error_word": 0.8}}')
    return SHIPPED_TRUTH.edited(changes)


EDITED = {Thresholds.Kind.LOOPS: edited_loops, Thresholds.Kind.TRUTH: edited_truth}


def load() -> Standards:
    """The thresholds in the database. A row that no longer fits the rules counts as shipped:
    refusing all runs would help nobody.
    """
    found: dict[str, Any] = {}
    for row in Thresholds.objects.all():
        try:
            found[row.kind] = EDITED[Thresholds.Kind(row.kind)](row.changes)
            found[f"{row.kind}_version"] = row.version
        except (ValueError, TypeError):
            log.warning("thresholds of %s do not fit and are not used", row.kind, exc_info=True)
    return Standards(**found)


STANDARDS = current.offer("standards", load)


def in_force() -> Standards:
    """The thresholds as this process knows them, fresh within a second; asking costs nothing."""
    return current.bundle().get(STANDARDS)
