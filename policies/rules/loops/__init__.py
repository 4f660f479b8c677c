"""Is a run going round in circles, or getting nowhere? A pure fold over what its agent does:

`observe(state, observation, thresholds)`.

Owns the scores, the evidence and the advice; knows nothing of runs, and does not carry the advice
out.
"""

from policies.rules.loops.detector import START, State, observe
from policies.rules.loops.facts import Advice, Called, Finding, Kind, Observation, Said, Told
from policies.rules.loops.thresholds import DEFAULTS, Thresholds

__all__ = [
    "DEFAULTS",
    "START",
    "Advice",
    "Called",
    "Finding",
    "Kind",
    "Observation",
    "Said",
    "State",
    "Thresholds",
    "Told",
    "observe",
]
