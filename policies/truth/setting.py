"""What surrounds the wording of a message: confirmations, empty answers, what is not said of this
call, and what is no message at all.
"""

import re

_THINGS = (
    r"(?:results?|match(?:es|ing)?|hits?|records?|entries|rows?|items?|documents?|messages?"
    r"|events?|data|bookings?|orders?|flights?)"
)
EMPTY_ANSWER = re.compile(
    r"\W{0,3}(?:there (?:are|were|is|was) |found |i found |got |returned |your search returned"
    r" )?(?:currently )?(?:no|0|zero)\b"
    rf"[^.:;]{{0,50}}?\b{_THINGS}\b(?!\s+(?:such|id|named|provided|given|specified|supplied))"
    r"|\W{0,3}no (?:\w+ )?\w{1,30}s (?:were |are )?found\b|(?:nothing|none) (?:was |were"
    r" )?(?:found|matched)"
    r"|(?:your |the )?(?:search|query) (?:returned|found|did not match) (?:nothing|no\b|0\b|any)"
)
NONE_LEFT = re.compile(r"\W{0,3}no (?:\w+ )?\w{1,30}s (?:are |were )?available\b")
_BAD_END = (
    r"(?:failed|denied|rejected|refused|declined|expired|exceeded|required|blocked|forbidden"
    r"|crashed|aborted|timed|unsupported|unauthori[sz]ed|"
    r"limited|needed|expected|invalid|undefined|unrecogni[sz]ed|reached|dropped|corrupted"
    r"|interrupted|overloaded|prohibited|missed|booked|"
    r"throttled|exhausted|panicked|exited|killed|disconnected|detected|econn\w{3,9})"
)
_AUX = r"(?:is |was |were |are |now )?"
_FOLLOWED = r"(?=[.!:;,]|$| (?:to|from|with|for|by|in|at|as|successfully)\b)"
# What was done, at the beginning of a sentence or as its verb: "Booking confirmed.", "Escalated to
# a supervisor".
SUCCESS = re.compile(
    r"\bsuccess(?:ful|fully)?\b|^\W{0,3}(?:ok|done|yes|complete|thanks|thank you)\b"
    rf"|^\W{{0,3}}(?!{_BAD_END})\w{{2,20}}(?:ed|sent|made|set)\b"
    r"|^\W{0,3}(?:[^\s.!:;,]+"
    rf" ){{1,3}}{_AUX}(?!{_BAD_END})(?:\w{{2,20}}ed|sent|made|set|paid|complete)\b{_FOLLOWED}"
    r"|\b(?:has|have) been (?:\w+ly"
    rf" )?(?!{_BAD_END}|revoked|suspended|disabled|locked|closed)\w{{1,30}}(?:ed|en|ent|ade|aid|ut"
    rf"|et)\b"
)
TAKEN_BACK = re.compile(
    r"\b(?:not|no|fully|without|never|nor|cannot|failed|unable|must|should|already|be|only|non"
    r"|could|would)\b|n't\b|\bunsuccess"
)
HOWEVER = re.compile(r"\bbut\b|\bhowever\b|\bfailed to\b|\bexcept\b")
# What is not said of this call: quotations, addresses, names of files and fields, "no errors",
# measures of error, mere conditions.
QUOTED = re.compile(
    r"(?<![\w'\"])(?:\"[^\"]{0,300}\"|'[^']{0,300}'|`[^`]{0,300}`|“[^”]{0,300}”)(?![\w])"
)
NAMES = re.compile(r"\w{2,8}://\S{1,300}|\b_*+[^\W_]++(?:(?:[./]_*+|_++)[^\W_]++)++")
_TROUBLE = (
    r"(?:errors?|failures?|failed|problems?|issues?|warnings?|exceptions?|conflicts?|faults?)"
)
NONE_OF = re.compile(
    rf"\b(?:no|zero|0|without(?: any)?|not any)\s+(?:\w+\s+)?{_TROUBLE}\b"
    rf"|\b{_TROUBLE}\s*[:=]\s*(?:none|no|null|\[\]|\d+(?:\.\d+)?)(?!\w)|\b(?:number|count|total) of"
    rf" (?:\w+ )?{_TROUBLE}\b"
    r"|\b(?:errors?|failures?) (?:rates?|counts?|handling|margins?|bars?|reports?|logs?)\b"
    r"|\b(?:squared|absolute|standard) error\b|\berror 0\.\d"
)
NO_LONGER = re.compile(r"\bno longer (?:blocked|locked|disabled|suspended|rejected|active)\b")
RESET = re.compile(r"\bfailed (?:login )?(?:attempts?|counters?|logins?)\b[^.]{0,20}\breset\b")
CONDITION = re.compile(r"\b(?:if|unless|in case|whether|how to|should you)\b[^.,;:\n]{0,200}")
ABOUT = re.compile(
    r"\b(?:about|regarding|titled|named|called)\b [^.,;:\n]{1,80}?"
    r"(?=\b(?:(?:was|has been|were) )?(?:sent|created|posted)\b)"
)
WARNING = re.compile(r"^\w{0,30}warning: [^\n]{0,400}", re.MULTILINE)
NONE_FAILED = re.compile(
    r"\b(?:0|no|none) (?:(?:of|out of) (?:the )?\d+ )?(?:[\w-]+ ){0,2}(?:failed|rejected|errored)\b"
)
SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n")
LISTING = re.compile(
    r"^[ \t]{0,8}[-*•]?[ \t]{0,3}[\w /()'.-]{1,60}(?:[:=][ \t]|[|\t])", re.MULTILINE
)
LOG_LINE = re.compile(
    r"^\W?(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|[a-z]{3} +\d{1,2}"
    r" \d\d:\d\d|(?:error|warn|warning|info|debug)\b)",
    re.MULTILINE,
)
DOCUMENT = re.compile(r"(?:#{1,6} |\d{1,3}[.)] |[-*•] |> |q: |```|diff --git|@@ |\[\d+\])")


def without_asides(lowered: str) -> str:
    """The message without what is not said of this call; a message that is one quotation keeps its
    words.
    """
    plain = NONE_FAILED.sub("_", lowered) if "0 " in lowered or "no" in lowered else lowered
    if "'" in plain or '"' in plain or "`" in plain or "“" in plain:
        plain = QUOTED.sub("_", plain)
    if len(plain) < 12 <= len(lowered) and not SUCCESS.search(plain):
        plain = lowered
    if "." in plain or "/" in plain or "_" in plain:
        plain = NAMES.sub("_", plain)
    if " sent" in plain or "created" in plain or "posted" in plain:
        plain = ABOUT.sub("_ ", plain)
    if "no longer" in plain or "reset" in plain:
        plain = RESET.sub("_", NO_LONGER.sub("_", plain))
    if "warning" in plain:
        plain = WARNING.sub("", plain)
    return CONDITION.sub("_", NONE_OF.sub("_", plain)).strip()


def confirms(plain: str) -> int | None:
    """Where the first sentence says that something was done; None when it does not, or takes it
    back.
    """
    end = SENTENCE_END.search(plain)
    first = plain[: end.start() if end else len(plain)]
    hit = SUCCESS.search(first)
    if not hit or TAKEN_BACK.search(first[: hit.end()]) or HOWEVER.search(first):
        return None
    return hit.end()


def is_listing(text: str, lines: int) -> bool:
    """Whether a text is no message: most lines are `name: value` (a report) or dated (a log), or
    there are more lines than a message has.
    """
    count = text.count("\n") + 1
    if count == 1:
        return False
    many = max(len(LISTING.findall(text)), len(LOG_LINE.findall(text))) > count / 2
    return count > lines or (many and (count > 2 or "|" in text or "\t" in text))


def is_log(text: str) -> bool:
    """Whether several lines have a date or a log level."""
    return len(LOG_LINE.findall(text)) > 1
