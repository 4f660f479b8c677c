"""What counts as a repetition and when to speak up.

Policy data: an administrator edits these numbers, no code reads others. What is shipped are the
numbers below, with those that were fitted to recorded runs in their place.
"""

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from policies.decision import DecisionKind
from policies.loops.fitted_numbers import FITTED


@dataclass(frozen=True, slots=True)
class LoopThresholds:
    """Scores run from 0 to 1; shares, weights and staleness likewise; similarities from 0 to 100.

    Staleness is how little a step taught: 0 is news, 1 is nothing new at all. Impossible numbers
    raise ValueError.
    """

    hint: float = 0.4
    pause: float = 0.6
    stop: float = 0.68

    window: int = 24  # calls and messages that are remembered
    longest_cycle: int = 4  # calls in the longest round that is looked for
    # doubt left by each wasted repetition: the score is 1 - fade ** repetitions
    repeat_fade: float = 0.77
    # a call with other arguments that fails in the same way, against an identical one
    same_error_weight: float = 0.75

    alike_args: float = 90.0
    alike_result: float = 90.0
    alike_text: float = 85.0
    # a result with this share of new words is not a near repeat, however alike the texts are
    news: float = 0.2

    memory: float = 0.8  # share of the pressure that is left a step later
    tolerated: float = 0.2  # staleness of ordinary work: less takes pressure away, more adds to it
    # share of staleness that comes from asking alike; the rest is from learning little
    ask_weight: float = 0.4
    changed: float = 0.3  # at most: the same call answered otherwise, which is polling
    # at most: a call that asks for something new in a few tokens, which is going through a list
    sweep: float = 0.2
    # answers in a row, all the same, after which other arguments of a read are no sweep any more
    same_answers: int = 8
    failed: float = 0.75  # at least: a call that failed
    empty: float = 1.0  # a call that brought nothing at all
    empty_sweep: float = 0.3  # the same while going through a list that came from outside
    # share of the pressure that words from outside take away as far as they are new
    told: float = 0.3
    # what a repetition counts when somebody has said something new in between
    told_between: float = 0.3
    monologue: float = 1.0  # words after words, without a call or a word from outside in between
    repeated_text: float = 1.0  # words said before

    requests_compared: int = 8  # earlier requests in free text that a new one is compared with
    requests_judged: int = 3  # requests that are judged together
    requests_known: float = 0.3  # share of their answers that must have been known
    alike_request: float = 65.0
    alike_opening: float = 70.0
    request_usual: float = 0.17  # likeness of requests, 0 to 1, that is ordinary
    request_certain: float = 0.41  # and that leaves no doubt

    result_chars: int = 1200
    args_chars: int = 400

    def __post_init__(self) -> None:
        if not 0.0 <= self.hint <= self.pause <= self.stop:
            raise ValueError(
                "hint, pause and stop must not be negative and must rise in this order."
            )
        if not (
            0.0 <= self.memory < 1.0
            and 0.0 <= self.tolerated < 1.0
            and 0.0 < self.repeat_fade < 1.0
        ):
            raise ValueError("memory, tolerated and repeat_fade are shares below 1.")
        if not 0.0 <= self.request_usual < self.request_certain:
            raise ValueError("request_usual must lie below request_certain.")
        if (
            min(
                self.window,
                self.requests_compared,
                self.requests_judged,
                self.result_chars,
                self.args_chars,
            )
            < 1
        ):
            raise ValueError("Windows and lengths are at least 1.")

    def reached(self, score: float) -> DecisionKind:
        """The hardest consequence of a score; from `hint` on, an ALLOW comes with a hint."""
        if score >= self.stop:
            return DecisionKind.STOP
        return DecisionKind.PAUSE if score >= self.pause else DecisionKind.ALLOW

    def digest(self) -> str:
        """A digest that tells two sets of numbers apart: 16 hexadecimal digits."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


DEFAULTS = replace(LoopThresholds(), **FITTED)
