"""Is a run going round in circles, or getting nowhere? A pure fold over what its agent does:

`observe(state, observation, thresholds)`.

Owns the scores, the evidence and the decision; knows nothing of runs, and does not carry the
decision out.
"""

from policies.loops.detector import START, State, observe
from policies.loops.facts import Called, Kind, Observation, Said, Told
from policies.loops.thresholds import DEFAULTS, Thresholds

__all__ = [
    "DEFAULTS",
    "START",
    "Called",
    "Kind",
    "Observation",
    "Said",
    "State",
    "Thresholds",
    "Told",
    "observe",
]
