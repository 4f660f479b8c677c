"""Whether a failed call is the tool's fault, and whether the same call could succeed in a moment.
Pure; reads a bounded part of what came back.

Breakers and retries both rest on it: a tool that answers "no such order" is healthy, one that
answers with an error page is not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.json_value import Json
from policies.retries import hints
from policies.verdicts import Outcome, Verdict

MOST_TEXT = 2_000


class Cause(StrEnum):
    """BUSY: refused for now, and not done. PASSING: it broke on the way. BROKEN: it will break
    again. CALLER: the call itself was wrong.
    """

    NONE = "none"
    BUSY = "busy"
    PASSING = "passing"
    BROKEN = "broken"
    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class Failure:
    """One call that did not succeed: its transport, its meaning with rule and sentence, what came
    back. `retry_after`: how many seconds it asks to wait, None when it does not say.
    """

    outcome: str
    verdict: str
    rule: str = ""
    error: str = ""
    result: Json = None
    retry_after: float | None = None
    sentence: str = ""

    @property
    def cause(self) -> Cause:
        return cause_of(self)


def failure_of(
    *, outcome: str, verdict: str, rule: str, error: str, result: Json, sentence: str, at: datetime
) -> Failure:
    """A failure, with what its answer says about trying again."""
    return Failure(
        outcome, verdict, rule, error, result, hints.retry_after(result, error, at), sentence
    )


def healthy(verdict: str, failure: Failure | None) -> bool | None:
    """Whether a call shows its tool to be well (True) or not (False); None when it shows
    neither.
    """
    if verdict == Verdict.SUCCEEDED:
        return True
    if failure is None:
        return False if verdict == Verdict.FAILED else None
    cause = failure.cause
    if cause is Cause.CALLER:
        return True  # it looked, and said no
    return None if cause is Cause.NONE else False


def cause_of(failure: Failure) -> Cause:
    """The cause: by transport first, then by an HTTP status, then by what the truth rules found,
    then by its words.
    """
    if failure.verdict == Verdict.SUCCEEDED or failure.outcome == Outcome.CANCELLED:
        return Cause.NONE
    if failure.outcome == Outcome.TIMEOUT:
        return Cause.PASSING
    if failure.outcome == Outcome.OK and failure.verdict != Verdict.FAILED:
        return Cause.NONE
    words = text_of(failure)
    by_status = of_status(hints.status(failure.result, failure.error))
    if by_status is not None:
        return by_status
    by_words = of_words(words)
    if failure.outcome != Outcome.OK:
        return by_words or Cause.PASSING
    if failure.rule in PROGRAM:
        return by_words if by_words in {Cause.BUSY, Cause.PASSING} else Cause.CALLER
    return by_words or RULES.get(failure.rule, Cause.BROKEN)


def of_status(status: int | None) -> Cause | None:
    if status is None or status < 400:
        return None
    if status in {408, 425, 429, 503}:
        return Cause.BUSY if status in {429, 503} else Cause.PASSING
    if status in {401, 407, 501, 505}:
        return Cause.BROKEN
    return Cause.CALLER if status < 500 else Cause.PASSING


AGAIN = re.compile(
    r"\btry(?:ing)? (?:it |this |that )?again\b(?! with\b)|\bretry"
    r" (?:later|in|after|your|the)\b|\bre-?try-?after\b|\btemporar|\btransient"
    r"|\brate.?limit|\btoo many requests\b|\bthrottl|\boverloaded\b|\bat"
    r" capacity\b|\b(?:server|system|service|too) (?:is )?busy\b"
    r"|\bslow ?down\b|\brate exceeded\b|(?:throughput|requests?_?limit)_?exceeded"
    r"|\bresource_?exhausted\b|\bcool-?down\b|\b(?:under|down for) (?:\w+ )?maintenance\b"
    r"|\bservice (?:is )?(?:currently )?unavailable\b|\bbeing restarted\b",
    re.IGNORECASE,
)
BROKE = re.compile(
    r"\btimed?.?out\b|\bconnection (?:was )?(?:refused|reset|aborted|closed|lost|error)|\b(?:could"
    r" not|cannot|can't) connect"
    r"|\bunreachable\b|\bbroken pipe\b|\bname resolution\b|\bbad gateway\b|\bgateway time"
    r"|\binternal server error\b|\bserver disconnected\b|\beof\b"
    r"|\be(?:conn(?:refused|reset|aborted)|ai_again|timedout|pipe|notfound|hostunreach)\b"
    r"|\bhang up\b|\bupstream connect error\b|\bno healthy upstream\b|\bdatabase is locked\b"
    r"|\bcould not serialize\b|\bconcurrent update\b|\bdeadline exceeded\b"
    r"|\bcode ?= ?(?:statuscode\.)?unavailable\b|\bhandshake fail|\bnetwork (?:error|is down)\b"
    r"|\bdeadlock\b|\bserialization"
    r" failure\b|\bConnect(?:ion)?Error\b|\bReadError\b|\bTimeoutError\b|\bnot respond",
    re.IGNORECASE,
)
BUG = re.compile(
    r"\b\w{0,40}(?:Value|Type|Key|Attribute|Index|Name|Assertion|Lookup|ZeroDivision"
    r"|NotImplemented|Decode|Import|ModuleNotFound)Error\b"
)
WRONG = re.compile(
    r"\bthere (?:is|are|was|were) no"
    r" (?!connection|route|response|answer|reply|space|memory|network|worker)|\bonly \d"
    r"|\bnot found\b|\bno such\b|\bdoes(?:n't| not)"
    r" exist\b|\binvalid\b|\bmissing\b|\brequired\b|\bmust (?:not )?be\b|\bunknown\b"
    r"|\bnot allowed\b|\bforbidden\b|\bnot"
    r" permitted\b|\bpermission\b|\bvalidation\b|\balready\b|\bcannot be\b|\bonly an?\b"
    r"|\bcode ?= ?(?:notfound|invalidargument|permissiondenied|failedprecondition|alreadyexists"
    r"|unauthenticated|outofrange|unimplemented)\b|\binsufficient (?:funds|balance|credits?)\b"
    r"|\bdeclined\b|\baccess denied\b|\bdid not resolve\b"
    r"|\bunsupported\b|\bmust (?:end|start|begin|have|match)\b|\bwas asked for\b|\bno tool\b",
    re.IGNORECASE,
)


def of_words(text: str) -> Cause | None:
    if AGAIN.search(text):
        return Cause.BUSY
    if BROKE.search(text):
        return Cause.PASSING
    if BUG.search(text):
        return Cause.BROKEN
    return Cause.CALLER if WRONG.search(text) else None


RULES: Mapping[str, Cause] = {
    **dict.fromkeys(("throttled",), Cause.BUSY),
    **dict.fromkeys(
        ("noise", "truncated", "error_page", "page_inside", "page_for_data", "empty"), Cause.PASSING
    ),
    **dict.fromkeys(
        ("not_found", "invalid", "denied", "limit", "requirement", "mismatch"), Cause.CALLER
    ),
    **dict.fromkeys(("conflict", "disabled", "not_so", "unavailable"), Cause.CALLER),
}
"""The causes of what the truth rules found. A rule that is not named here counts as BROKEN: against
the tool, and not worth the same call again.
"""

PROGRAM = frozenset({"traceback", "exception_line", "exit_code", "stderr_only"})
"""How a program ends that a tool ran for its caller: a wrong program does not make the tool
unhealthy.
"""


def text_of(failure: Failure) -> str:
    """The failure's text: the error, or the message in a result; not the data of a large one."""
    if failure.error:
        return failure.error[:MOST_TEXT]
    if isinstance(failure.result, str):
        return failure.result[:MOST_TEXT]
    return " ".join(hints.messages(failure.result))[:MOST_TEXT]
