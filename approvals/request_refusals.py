"""Refusals of decisions, with the sentence for the person who decided, and what is wrong with which
argument.
"""

from dataclasses import dataclass

from approvals.rules.refusal_sentences import Refusal
from console.refused import Refused


@dataclass
class NotDecided(Refused):
    """The decision was not taken; the run has not moved."""

    refusal: Refusal

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal
