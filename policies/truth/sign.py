"""A sign found in a tool result, the sentence it becomes, and the weights an administrator may
change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from types import MappingProxyType
from typing import Any

from console import figures

QUOTE_CHARS = 120

# What a sign says for failure (positive) or success (negative). At `TruthThresholds.failed_at`
# a result counts as failed.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        # structure
        "error_field": 1.4,
        "error_flag": 1.4,
        "refused_flag": 1.4,
        "negative_confirmation": 1.0,
        "status_word": 1.1,
        "http_status": 1.1,
        "error_type": 1.1,
        "only_message": 0.2,
        "record": -2.1,
        "item": -0.6,
        # batches and work that goes on
        "partial": 2.0,  # outweighs an "ok" beside it
        "accepted": 0.0,  # neither: nobody knows yet
        "trial": -0.8,  # neither: it went well, and nothing was done
        "no_effect": 0.0,  # neither: nothing was there to be changed
        # process output and crash output
        "exit_code": 1.4,
        "traceback": 1.4,
        "exception_line": 1.0,
        "stderr_only": 0.7,
        "error_page": 1.3,
        "page_inside": 1.7,  # outweighs an "ok" beside it
        "page_for_data": 1.0,
        "noise": 1.2,
        "truncated": 0.5,
        # words of a short message
        "opening": 1.3,
        "not_found": 1.0,
        "invalid": 1.0,
        "failure": 1.0,
        "unable": 0.9,
        "not_done": 0.8,
        "denied": 1.0,
        "throttled": 1.0,
        "limit": 0.9,
        "requirement": 0.85,
        "mismatch": 0.85,
        "unavailable": 0.85,
        "disabled": 0.8,
        "error_word": 0.7,
        "conflict": 0.8,
        "not_so": 0.8,
        "negation": 0.3,
        "apology": 0.5,
        "advice": 0.3,
        "machinery": 0.3,
        "short_message": 0.2,
        "state_report": -0.8,
        "reading": -2.0,
        # success
        "success_word": -0.9,
        "empty_answer": -1.2,
        "success_flag": -0.6,
        "fits_schema": -0.3,
    }
)

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "error_field": "The result carries an error: {quote}",
        "error_flag": "The result marks itself as an error: {quote}",
        "refused_flag": "The result says it did not succeed: {quote}",
        "negative_confirmation": "The result says it was not done: {quote}",
        "status_word": "The result's status is a failure: {quote}",
        "http_status": "The result carries an HTTP error: {quote}",
        "error_type": "The result is an exception: {quote}",
        "partial": "A part of it failed: {quote}",
        "accepted": "It was accepted, and nobody knows yet whether it will be done: {quote}",
        "trial": "It was a dry run, and nothing was changed: {quote}",
        "no_effect": "It found nothing to change: {quote}",
        "exit_code": "The process ended badly: {quote}",
        "traceback": "The output ends in an exception: {quote}",
        "exception_line": "The output names an exception: {quote}",
        "stderr_only": "The process wrote only to its error output: {quote}",
        "error_page": "The result is an error page: {quote}",
        "page_inside": "What the result holds is an error page: {quote}",
        "page_for_data": "A web page came back instead of data: {quote}",
        "noise": "The result is not readable text: {quote}",
        "truncated": "The result breaks off in the middle: {quote}",
    }
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One named observation, with the words it was found in.

    `share` below 1 weakens it (found late, or nested).
    """

    name: str
    quote: str = ""
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class TruthThresholds:
    """Where doubt and failure begin, how much is looked at (characters), and the weight of each
    sign.
    """

    failed_at: float = 1.0
    unknown_at: float = 0.5
    message_chars: int = 400
    message_lines: int = 4
    opening_chars: int = 200
    head_chars: int = 2000
    tail_chars: int = 2000
    parse_chars: int = 20_000
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)

    def edited(self, changes: Mapping[str, Any]) -> "TruthThresholds":
        """These thresholds with some changed, `weights` merged.

        Raises ValueError naming what is wrong.
        """
        weights = dict(changes.get("weights", {}))
        known = {one.name for one in fields(self)}
        if unknown := (set(changes) - known) | (set(weights) - set(WEIGHTS)):
            raise ValueError(f"not a threshold or sign of truth: {', '.join(sorted(unknown))}")
        numbers = {**changes, **weights, "weights": 0}
        if wrong := [name for name, value in numbers.items() if not _is_number(value)]:
            raise ValueError(f"not a number: {', '.join(sorted(wrong))}")
        edited = replace(self, **{**changes, "weights": {**self.weights, **weights}})
        if not 0 < edited.unknown_at <= edited.failed_at:
            raise ValueError("doubt must begin above zero and not after failure")
        return edited


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def words(text: str) -> frozenset[str]:
    """A set of words, out of a text in which they are separated by spaces."""
    return frozenset(text.split())


def quoted(text: str) -> str:
    """One line of what was found, short enough for a sentence."""
    return figures.line(text, QUOTE_CHARS)


def sentence(sign: Sign) -> str:
    """The sign as a sentence for a person."""
    return SENTENCES.get(sign.name, "The result reads as a failure: {quote}").format(
        quote=quoted(sign.quote)
    )
