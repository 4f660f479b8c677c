"""What each number of the thresholds measures, in words for whoever edits it. Pure."""

from collections.abc import Mapping
from typing import Final

from policies.truth.sign import SENTENCES

SIGN: Final = "weights: "
LOOPS: Final[Mapping[str, str]] = {
    "hint": "Score of 0 to 1 from which the agent is told that it repeats itself",
    "pause": "Score from which the run is paused and people are asked",
    "stop": "Score from which the run is stopped",
    "window": "Calls and messages that are remembered to find repetitions in",
    "longest_cycle": "Calls in the longest round that is looked for, such as A, B, A, B",
    "repeat_fade": "Doubt that each wasted repetition leaves: the smaller, the faster it rises",
    "same_error_weight": "What a call with other arguments and the same failure counts, of 1",
    "alike_args": "Likeness of arguments, of 100, from which two calls count as the same",
    "alike_result": "Likeness of answers, of 100, from which they count as the same",
    "alike_text": "Likeness of messages, of 100, from which they count as the same",
    "news": "Share of new words from which an answer is no repetition, however alike it looks",
    "memory": "Share of the pressure that is left one step later",
    "tolerated": "How little a step may teach before the pressure rises: 0 is news, 1 nothing new",
    "ask_weight": "How much of that comes from asking alike; the rest from learning little",
    "changed": "What the same call that is answered otherwise counts at most: polling",
    "sweep": "What a call that asks for a next thing counts at most: going through a list",
    "same_answers": "Equal answers in a row after which going through a list is none any more",
    "failed": "What a failed call counts at least",
    "empty": "What a call that brought nothing counts",
    "empty_sweep": "The same while a list from outside is gone through",
    "told": "Share of the pressure that new words from outside take away",
    "told_between": "What a repetition counts when somebody said something new in between",
    "monologue": "What words after words count, without a call in between",
    "repeated_text": "What words that were said before count",
    "requests_compared": "Earlier requests in free text that a new one is compared with",
    "requests_judged": "Requests that are judged together",
    "requests_known": "Share of their answers that must have been known",
    "alike_request": "Likeness of requests, of 100, from which they count as the same",
    "alike_opening": "Likeness of their beginnings, of 100, from which these count as the same",
    "request_usual": "Likeness of requests, of 1, that is ordinary",
    "request_certain": "Likeness of requests, of 1, that leaves no doubt",
    "result_chars": "Characters of an answer that are compared",
    "args_chars": "Characters of the arguments that are compared",
}
TRUTH: Final[Mapping[str, str]] = {
    "failed_at": "Sum of the signs from which an answer counts as failed",
    "unknown_at": "Sum of the signs from which nobody knows whether it succeeded",
    "message_chars": "Characters up to which an answer is read as a short message",
    "message_lines": "Lines up to which an answer is read as a short message",
    "opening_chars": "Characters that count as its beginning",
    "head_chars": "Characters that are looked at from the beginning of a long answer",
    "tail_chars": "Characters that are looked at from its end",
    "parse_chars": "Characters up to which an answer is read as JSON",
}
OF_A_SIGN: Final = "Weight of a sign; above 0 it speaks for a failure, below 0 for a success"


def of(name: str) -> str:
    """The number of this name in words."""
    if not name.startswith(SIGN):
        return LOOPS.get(name) or TRUTH.get(name, "")
    told = SENTENCES.get(name.removeprefix(SIGN), "").partition(": {quote}")[0]
    return f"{OF_A_SIGN}. {told}" if told else OF_A_SIGN
