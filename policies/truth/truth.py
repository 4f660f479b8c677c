"""Did a call that came back also succeed?

One verdict out of its transport, the tool's own word, its schema and the signs in its body.

Pure and bounded: looks at head and tail of a body of any size. The sum of the weights of the signs
is compared with thresholds, so that an administrator can change what a sign is worth.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from policies.truth import bodies, fields
from policies.truth.scan import ScanContext
from policies.truth.schema import Unknowable
from policies.truth.sign import Sign, Thresholds, quoted, sentence
from policies.verdicts import Transport, Verdict

DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back from one call.

    `check` is the tool's own word when it has one; `complaint` says what its output schema has
    against a result (None: nothing) or raises Unknowable, see
    `policies.truth.schema.compiled`. `effect` is the declared effect class, "" when it is not
    known.
    """

    tool: str
    result: Any = None
    outcome: str = Transport.OK
    error: str = ""
    effect: str = ""
    check: Verdict | None = None
    complaint: Callable[[Any], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the rule it rests on, a sentence for people, and the weighed signs for whoever
    wants to know more.
    """

    verdict: Verdict
    rule: str
    sentence: str
    score: float = 0.0
    signs: tuple[tuple[str, float], ...] = ()


def judge(seen: Seen, thresholds: Thresholds = DEFAULTS) -> Judgement:
    """The verdict on one call: the surest word decides, the body's signs decide when there is no
    surer word.
    """
    return (
        _by_transport(seen)
        or _by_check(seen)
        or _by_schema(seen, thresholds)
        or _by_signs(seen, thresholds, fits=False)
    )


def _by_transport(seen: Seen) -> Judgement | None:
    if seen.outcome == Transport.OK:
        return None
    if seen.outcome == Transport.ERROR:
        return Judgement(
            Verdict.FAILED,
            "transport",
            f"The call failed: {quoted(seen.error) or 'no reason was given'}",
        )
    if seen.outcome == Transport.TIMEOUT and seen.effect == "read":
        return Judgement(
            Verdict.FAILED, "timeout", "The call did not answer in time; nothing was read."
        )
    return Judgement(
        Verdict.UNKNOWN,
        "no_answer",
        "The call did not answer, so nobody knows whether it happened.",
    )


def _by_check(seen: Seen) -> Judgement | None:
    if seen.check is None or seen.check == Verdict.UNKNOWN:
        return None
    word = "succeeded" if seen.check == Verdict.SUCCEEDED else "failed"
    return Judgement(Verdict(seen.check), "own_check", f"The tool's own check says that it {word}.")


def _by_schema(seen: Seen, thresholds: Thresholds) -> Judgement | None:
    if seen.complaint is None:
        return None
    try:
        complaint = seen.complaint(seen.result)
    except Unknowable as unknown:
        return _unheld(_by_signs(seen, thresholds, fits=False), str(unknown))
    if complaint:
        return Judgement(
            Verdict.FAILED,
            "output_schema",
            f"The result is not what the tool promises: {quoted(complaint)}",
        )
    return _by_signs(seen, thresholds, fits=True)


def _unheld(by_signs: Judgement, why: str) -> Judgement:
    """A promise that could not be looked into is not kept: its signs can only tell that the call
    failed.
    """
    if by_signs.verdict is Verdict.FAILED:
        return by_signs
    return Judgement(
        Verdict.UNKNOWN,
        "output_schema",
        f"Whether the result is what the tool promises cannot be said: {quoted(why)}.",
    )


def _by_signs(seen: Seen, thresholds: Thresholds, *, fits: bool) -> Judgement:
    body = bodies.opened(seen.result, thresholds)
    if body.value is None:
        return Judgement(
            Verdict.SUCCEEDED if fits else Verdict.UNKNOWN, "empty", "Nothing came back."
        )
    found = strongest(signs_of(seen, thresholds))
    if fits:
        found["fits_schema"] = Sign("fits_schema")
    weighed = {name: thresholds.weights[name] * sign.share for name, sign in found.items()}
    return _weighed(found, weighed, thresholds)


def signs_of(seen: Seen, thresholds: Thresholds = DEFAULTS) -> Iterable[Sign]:
    """All signs in the body, unweighed."""
    return fields.signs_of_value(seen.result, ScanContext.of(seen.tool, seen.effect, thresholds))


def strongest(signs: Iterable[Sign]) -> dict[str, Sign]:
    """Each sign once, as clear as it was seen."""
    found: dict[str, Sign] = {}
    for sign in signs:
        if sign.name not in found or sign.share > found[sign.name].share:
            found[sign.name] = sign
    return found


def _weighed(
    found: dict[str, Sign], weighed: dict[str, float], thresholds: Thresholds
) -> Judgement:
    score = round(sum(weighed.values()), 3)
    signs = tuple(sorted(weighed.items(), key=lambda pair: -pair[1]))
    if score < thresholds.unknown_at:
        return Judgement(
            Verdict.SUCCEEDED,
            "answer",
            "The call answered, and nothing in the answer speaks of failure.",
            score,
            signs,
        )
    leading = found[signs[0][0]]
    if score < thresholds.failed_at:
        return Judgement(
            Verdict.UNKNOWN, leading.name, f"It may have failed. {sentence(leading)}", score, signs
        )
    return Judgement(Verdict.FAILED, leading.name, sentence(leading), score, signs)
