"""Planners: what decides a run's next move.

Provider models, scripts, recordings; they know nothing of supervision.

Importing this package is cheap; the libraries that talk to providers are imported by the first run
that needs one.
"""

from runs.planners.selection import build, problem, unreached

__all__ = ["build", "problem", "unreached"]
