"""Did a call that came back also succeed?

One verdict out of its transport, the tool's own word, its schema and the signs in its body.

Pure and bounded: looks at head and tail of a body of any size. The sum of the weights of the signs
is compared with thresholds, so that an administrator can change what a sign is worth.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from policies.truth import answer_parts, data_signs, result_body
from policies.truth.roles import ToolRole, role_of
from policies.truth.scan import ScanContext
from policies.truth.schema import Unknowable
from policies.truth.sign import Sign, TruthThresholds, quoted, sentence
from policies.verdicts import Meaning, Outcome, Verdict

DEFAULTS = TruthThresholds()
UNDECIDED = ("trial", "accepted", "no_effect")
"""Signs of a call that neither failed nor did what it was for."""
EXPLICIT = frozenset({"opening", "traceback", "exception_line", "exit_code", "error_field"})


@dataclass(frozen=True, slots=True)
class CallSeen:
    """What came back from one call.

    `check` is the tool's own word when it has one; `complaint` says what its output schema has
    against a result (None: nothing) or raises Unknowable, see
    `policies.truth.schema.compiled`. `effect` is the declared effect class, "" when it is not
    known.
    """

    tool: str
    result: Any = None
    outcome: str = Outcome.OK
    error: str = ""
    effect: str = ""
    check: Verdict | None = None
    complaint: Callable[[Any], str | None] | None = None


def judge(seen: CallSeen, thresholds: TruthThresholds = DEFAULTS) -> Meaning:
    """The verdict on one call: the surest word decides, the body's signs decide when there is no
    surer word.
    """
    return (
        _by_transport(seen)
        or _by_check(seen)
        or _by_schema(seen, thresholds)
        or _by_signs(seen, thresholds, fits=False)
    )


def _by_transport(seen: CallSeen) -> Meaning | None:
    if seen.outcome == Outcome.OK:
        return None
    if seen.outcome == Outcome.ERROR:
        return Meaning(
            Verdict.FAILED,
            "transport",
            f"The call failed: {quoted(seen.error) or 'no reason was given'}",
        )
    if seen.outcome == Outcome.TIMEOUT and seen.effect == "read":
        return Meaning(
            Verdict.FAILED, "timeout", "The call did not answer in time; nothing was read."
        )
    return Meaning(
        Verdict.UNKNOWN,
        "no_answer",
        "The call did not answer, so nobody knows whether it happened.",
    )


def _by_check(seen: CallSeen) -> Meaning | None:
    if seen.check is None or seen.check == Verdict.UNKNOWN:
        return None
    word = "succeeded" if seen.check == Verdict.SUCCEEDED else "failed"
    return Meaning(Verdict(seen.check), "own_check", f"The tool's own check says that it {word}.")


def _by_schema(seen: CallSeen, thresholds: TruthThresholds) -> Meaning | None:
    if seen.complaint is None:
        return None
    try:
        complaint = seen.complaint(seen.result)
    except Unknowable as unknown:
        return _unheld(_by_signs(seen, thresholds, fits=False), str(unknown))
    if complaint:
        said = f"The result is not what the tool promises: {quoted(complaint)}"
        if seen.effect in ("", "read"):
            return Meaning(Verdict.FAILED, "output_schema", said)
        return _happened(_by_signs(seen, thresholds, fits=False), said)
    return _by_signs(seen, thresholds, fits=True)


def _unheld(by_signs: Meaning, why: str) -> Meaning:
    """The meaning of a result whose promised form could not be looked into. Its signs can still
    make the call failed, but never succeeded.
    """
    if by_signs.verdict is Verdict.FAILED:
        return by_signs
    return Meaning(
        Verdict.UNKNOWN,
        "output_schema",
        f"Whether the result is what the tool promises cannot be said: {quoted(why)}.",
    )


def _happened(by_signs: Meaning, said: str) -> Meaning:
    """The meaning of a result that breaks its promise, from a tool that changes the world: the
    change may have happened, in whatever words that is told, and to call it failed would invite a
    second call.
    """
    if by_signs.verdict is Verdict.FAILED:
        return by_signs
    return Meaning(Verdict.UNKNOWN, "output_schema", said)


def _by_signs(seen: CallSeen, thresholds: TruthThresholds, *, fits: bool) -> Meaning:
    whole = answer_parts.whole_of(seen.result)
    body = result_body.opened(whole, thresholds)
    if body.value is None:
        return Meaning(
            Verdict.SUCCEEDED if fits else Verdict.UNKNOWN, "empty", "Nothing came back."
        )
    if body.value is False and role_of(seen.tool, seen.effect) is ToolRole.ACT:
        return Meaning(
            Verdict.UNKNOWN, "refused_flag", "It may have failed. All that came back is: false"
        )
    if failed := _by_parts(seen, thresholds):
        return failed
    found = strongest(signs_of(replace(seen, result=whole), thresholds))
    if fits:
        found["fits_schema"] = Sign("fits_schema")
    weighed = {name: thresholds.weights[name] * sign.share for name, sign in found.items()}
    return _weighed(found, weighed, thresholds)


def _by_parts(seen: CallSeen, thresholds: TruthThresholds) -> Meaning | None:
    """The meaning of the first part that failed by itself, of a result in several parts: good parts
    beside it do not outweigh it. In a mere list of words, and beside data, only an explicit failure
    counts, since the words may be somebody's data.
    """
    texts = answer_parts.texts_of(seen.result)
    explicit = not answer_parts.is_in_blocks(seen.result)
    for text in texts:
        found = _by_signs(replace(seen, result=text), thresholds, fits=False)
        if found.verdict is Verdict.FAILED and (not explicit or found.rule in EXPLICIT):
            return found
    return None


def signs_of(seen: CallSeen, thresholds: TruthThresholds = DEFAULTS) -> Iterable[Sign]:
    """All signs in the body, without their weights."""
    return data_signs.signs_of_value(
        seen.result, ScanContext.of(seen.tool, seen.effect, thresholds)
    )


def strongest(signs: Iterable[Sign]) -> dict[str, Sign]:
    """Each sign once, at the greatest clearness at which it was seen."""
    found: dict[str, Sign] = {}
    for sign in signs:
        if sign.name not in found or sign.share > found[sign.name].share:
            found[sign.name] = sign
    return found


def _weighed(
    found: dict[str, Sign], weighed: dict[str, float], thresholds: TruthThresholds
) -> Meaning:
    score = round(sum(weighed.values()), 3)
    signs = tuple(sorted(weighed.items(), key=lambda pair: -pair[1]))
    undecided = next((name for name in UNDECIDED if name in found), None)
    if score < thresholds.unknown_at and undecided:
        said = sentence(found[undecided])
        return Meaning(Verdict.UNKNOWN, undecided, said, score=score, signs=signs)
    if score < thresholds.unknown_at:
        said = "The call answered, and nothing in the answer speaks of failure."
        return Meaning(Verdict.SUCCEEDED, "answer", said, score=score, signs=signs)
    leading = found[signs[0][0]]
    if score < thresholds.failed_at:
        said = f"It may have failed. {sentence(leading)}"
        return Meaning(Verdict.UNKNOWN, leading.name, said, score=score, signs=signs)
    return Meaning(Verdict.FAILED, leading.name, sentence(leading), score=score, signs=signs)
