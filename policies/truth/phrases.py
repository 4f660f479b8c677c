"""Signs in the words of a short message, of which the first sentence counts most.

Never looks inside quotation marks: what is quoted is somebody else's word.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from policies.truth import batch_outcomes, failure_wordings, other_languages, setting
from policies.truth.roles import READERS, ToolRole, words_of
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign, words

# What these say of the world may be just what was asked for; the other families speak of the call
# itself.
OF_STATE = words(
    "failure unable not_done unavailable disabled mismatch not_so limit requirement conflict"
    " error_word"
)
OF_CALL = words("not_found invalid denied throttled") | OF_STATE
# Mere negations, listed last: they say nothing more once a clearer family has spoken.
VAGUE = words("not_done not_so negation")
# A tool that rejects says "rejected" when it succeeded.
ECHOES = words("denied failure disabled")
PEOPLES_WORDS = frozenset({ToolRole.CONTENT, ToolRole.SPEECH})
TITLE = re.compile(r"\A#{1,6} (?:result|error|output)s?\s*\n+", re.IGNORECASE)
"""What some tools write over all that they say."""
CODES = frozenset(
    "econnrefused econnreset econnaborted etimedout enotfound ehostunreach epipe eai_again"
    " overloaded".split()
)
CODES_BEGIN = (
    "err_", "error_", "invalid_", "insufficient_", "unauthorized_", "unsupported_", "missing_",
    "duplicate_", "unknown_",
)  # fmt: skip
CODES_END = (
    "_error", "_denied", "_failed", "_failure", "_exceeded", "_invalid", "_expired",
    "_unavailable", "_not_found", "_notfound", "_timeout", "_forbidden", "_declined", "_rejected",
    "_limited", "_required",
    "limitexceeded", "quotaexceeded", "accessdenied", "resourceexhausted",
)  # fmt: skip
"""One word by which a service names an error: whole ones, and how others begin and end."""
LONGEST_CODE = 60
MADE = re.compile(
    r"\A(\W{0,3}(?:created|opened|added|updated|filed|posted|saved) (?:a )?(?:new )?"
    r"(?:issue|ticket|task|note|card|alert|page|event|reminder|comment|bug|incident|pr|story)\b"
    r"[^:\n]{0,40}): [^\n]*",
    re.IGNORECASE,
)
"""What was made, before the title that somebody gave it."""
FEW_LINES = 2
LATE_SHARE = 0.5
SLACK = 80


class Hit(NamedTuple):
    """A family's wording and where it stands."""

    name: str
    start: int


def signs_of_message(text: str, scan: ScanContext) -> Iterator[Sign]:
    """Signs in a text; a text longer than a message shows only its opening."""
    limits = scan.thresholds
    head = text[: limits.message_chars].strip()
    if scan.role in batch_outcomes.ACTING:
        head = MADE.sub(r"\1", TITLE.sub("", head))
    lowered = head.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    yield from batch_outcomes.signs_of_text(lowered, scan)
    if scan.role not in PEOPLES_WORDS:
        yield from _in_other_languages(head, lowered)
    if " " not in lowered:
        yield from _bare(head, lowered, scan.role)
        return
    if opens := bool(failure_wordings.OPENING.match(lowered)):
        yield Sign("opening", head, LATE_SHARE if setting.is_log(lowered) else 1.0)
    if setting.DOCUMENT.match(lowered) or (
        scan.role is ToolRole.CONTENT and setting.is_log(lowered)
    ):
        return
    yield from _status(text, head, lowered, scan)
    if len(text) <= limits.message_chars + SLACK and not setting.is_listing(
        lowered, limits.message_lines
    ):
        yield from _short(head, lowered, scan, opens=opens)


def _in_other_languages(head: str, lowered: str) -> Iterator[Sign]:
    if other_languages.OPENING.match(lowered):
        yield Sign("opening", head)
    elif other_languages.failure_in(lowered):
        yield Sign("failure", head)
        yield Sign("short_message", head)


def _bare(head: str, lowered: str, role: ToolRole) -> Iterator[Sign]:
    """Signs in a single word, which is a value unless it is one of the few that servers answer
    with.
    """
    word = lowered.strip(".!: ")
    if word == "false" and role is ToolRole.ACT:
        yield Sign("refused_flag", head, LATE_SHARE)
    if (
        (word in failure_wordings.BARE and role is not ToolRole.PROBE)
        or (word in failure_wordings.ENDS_OF_PROCESS and role is ToolRole.SHELL)
        or (role is ToolRole.ACT and _is_code(word))
    ):
        yield Sign("failure", head)
        yield Sign("short_message", head)
    elif "(" in lowered and failure_wordings.OPENING.match(lowered):
        yield Sign("opening", head)


def _is_code(word: str) -> bool:
    if word in CODES:
        return True
    one_word = len(word) <= LONGEST_CODE and word.replace("_", "a").isalnum()
    return one_word and (word.startswith(CODES_BEGIN) or word.endswith(CODES_END))


def _status(text: str, head: str, lowered: str, scan: ScanContext) -> Iterator[Sign]:
    """An HTTP status in the first line; in a long text that line must be short."""
    limits = scan.thresholds
    line = lowered.partition("\n")[0]
    if len(text) > limits.message_chars and len(line) > limits.opening_chars / 2:
        return
    if hit := failure_wordings.STATUS.search(line[: limits.opening_chars]):
        yield Sign("http_status", head[max(0, hit.start() - 20) :])


def _short(head: str, lowered: str, scan: ScanContext, *, opens: bool) -> Iterator[Sign]:
    alone = lowered.count("\n") < FEW_LINES
    plain = setting.without_asides(lowered if alone else lowered.partition("\n")[0])
    hits = list(_families(plain, scan.tool))
    if setting.EMPTY_ANSWER.match(plain) or (
        scan.role in READERS and setting.NONE_LEFT.match(plain)
    ):
        yield Sign("empty_answer", head)
    failing = [hit for hit in hits if hit.name in OF_CALL]
    if (done := setting.confirms(plain)) is not None and all(hit.start >= done for hit in failing):
        yield Sign("success_word", head)
    end = setting.SENTENCE_END.search(plain)
    first = min(end.start() if end else len(plain), scan.thresholds.opening_chars)
    yield from (Sign(hit.name, head, LATE_SHARE if hit.start > first else 1.0) for hit in hits)
    if failing:
        yield from _context(
            head, {hit.name for hit in failing}, scan.role, alone=alone, opens=opens
        )


def _families(plain: str, tool: str) -> Iterator[Hit]:
    said = False
    for name, hints, pattern in failure_wordings.FAMILIES:
        if (said and name in VAGUE) or not other_languages.hinted(hints, plain):
            continue
        if (found := pattern.search(plain)) and not (name in ECHOES and echoes(found[0], tool)):
            said = said or name in OF_CALL
            yield Hit(name, found.start())


def echoes(said: str, tool: str) -> bool:
    """Whether a word says no more than that the tool did what it is named for."""
    return any(len(word) > 3 and word[:-1] in said for word in words_of(tool))


def _context(
    head: str, names: set[str], role: ToolRole, *, alone: bool, opens: bool
) -> Iterator[Sign]:
    """How the message stands: by itself, from a tool that reports states, from one that hands out
    people's writing.
    """
    if alone:
        yield Sign("short_message", head)
    if role is ToolRole.SPEECH:
        yield Sign("reading", head)
    if opens:
        return
    if role is ToolRole.PROBE and names <= OF_STATE:
        yield Sign("state_report", head)
    if role is ToolRole.CONTENT and (names <= OF_STATE or not alone or len(head) > SLACK):
        yield Sign("reading", head)
