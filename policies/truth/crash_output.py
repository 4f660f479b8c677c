"""Signs in the output of processes and servers: exit codes, exceptions, error pages, noise.

Looks at head and tail only.
"""

import re
from collections.abc import Iterator

from policies.truth import other_languages
from policies.truth.roles import ToolRole
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign

EXIT = re.compile(
    r"^\W{0,4}(?:\[?(?:process |command |script"
    r" )?(?:exited|finished|completed|failed|terminated|returned)?\s{0,8}(?:with )?"
    r"(?:non-zero )?\(?"
    r"(?:exit[ _-]?(?:code|status)|return[ _-]?code|exitcode|returncode"
    r"|(?<=exited with )(?:code|status))\b(?:"
    r" of)?[\s:=]{0,4})(-?\d{1,5})",
    re.IGNORECASE | re.MULTILINE,
)
TRACE = re.compile(
    r"^[ \t|+]{0,12}(?:Traceback \(most recent call last\)|Exception in thread \"|Unhandled"
    r" (?:exception|rejection)|panic: |"
    r"goroutine \d+ \[|thread '[^'\n]{0,60}' panicked at|PHP (?:Fatal|Parse) error:|\*\*"
    r" \(\w|\w[\w./-]{0,80}\.rb:\d+:in |Execution halted)"
    r"|^[\w.$ ]{0,80}(?:Error|Exception)\b[^\n]{0,300}\n[ \t]{1,12}at ",
    re.MULTILINE,
)
TRACE_HINTS = (
    "Traceback (most", "Exception in thread", "Unhandled ", "panic: ", "goroutine ", "\n    at ",
    "\n\tat ",
    " panicked at", "PHP ", "** (", ".rb:", "Execution halted",
)  # fmt: skip
EXCEPTION = re.compile(
    r"^(?:Uncaught |Unhandled |Caused by:"
    r" )?(?:[A-Za-z_]\w{0,40}\.){0,6}[A-Z]\w{0,60}(?:Error|Exception|Interrupt|Exit|Fault)"
    r"(?:: |$|\(.{0,300}\)$)",
    re.MULTILINE,
)
EXCEPTION_HINTS = ("Error", "Exception", "Interrupt", "Exit", "Fault")
FRAME = re.compile(r"^[ \t]{1,12}(?:File \"|at [\w.$<>]{1,120}[( ])", re.MULTILINE)
SHELL_ERROR = re.compile(
    r"^(?:(?:(?:/\S{0,40}/)?(?:ba|z|da)?sh|[a-zA-Z][\w.+-]{0,30}): (?:line \d+: |\d+:"
    r" )?[^\n]{0,120}?"
    r"(?:not found|no matches found|No such file or directory|Permission denied|not recognized|Is a"
    r" directory)"
    r"|make(?:\[\d+\])?: \*\*\*|Segmentation fault|Bus error|[\w./-]{1,80}:\d+(?::\d+)?: (?:fatal"
    r" )?error:)",
    re.MULTILINE,
)
ERRNO = re.compile(r"\[(?:Errno|WinError) \d+\]")
PAGE = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
TITLE = re.compile(r"<(?:title|h1)[^>]{0,80}>([^<]{1,200})", re.IGNORECASE)
BAD_TITLE = re.compile(
    r"\b(?:40[0-9]|41[0-9]|42[0-9]|50[0-9])\b|\berror\b|not"
    r" found|denied|forbidden|unauthori[sz]ed|unavailable|bad gateway|bad request|"
    r"just a moment|attention required|captcha|too many requests|timeout",
    re.IGNORECASE,
)
# A page that is an error says so first; one about errors has a subject. On a small page there is
# nothing else to be about.
ANNOUNCES = re.compile(
    r"\W{0,4}(?:http )?(?:error\b\W{0,3})?(?:[45]\d\d\b|(?:page )?not found|access"
    r" denied|forbidden|unauthori[sz]ed|"
    r"service unavailable|bad gateway|"
    r"just a moment|attention required|too many requests|(?:sign|log) ?in\b|error\W{0,3}$)",
    re.IGNORECASE,
)
SMALL_PAGE, LONGEST_TITLE = 700, 80
XML_FAULT = re.compile(
    r"\s{0,4}(?:<\?xml[^>]{0,100}>\s{0,4})?<(?:\w{1,10}:)?"
    r"(?:envelope[^>]{0,300}>\s{0,4}<(?:\w{1,10}:)?body>\s{0,4}<(?:\w{1,10}:)?fault|error"
    r"|errorresponse|fault|exception)\b",
    re.IGNORECASE,
)
XML_OUTCOME = re.compile(
    r"<(?:\w{1,10}:)?\w{1,30}[^<>]{0,200}\b(?:status|result|stat|success)\s?=\s?[\"']"
    r"(?:error|fail|failed|failure|false|declined|rejected)[\"']"
    r"|<(?:\w{1,10}:)?(?:status|result|statuscode|ack|outcome)>\s{0,4}"
    r"(?:error|fail|failed|failure|declined|rejected)\s{0,4}</"
    r"|<(?:\w{1,10}:)?(?:success|ok|succeeded|issuccess)>\s{0,4}(?:false|0|no)\s{0,4}</"
    r"|<(?:\w{1,10}:)?status>\s{0,4}http/\d(?:\.\d)? [45]\d\d"
    r"|<(?:\w{1,10}:)?(?:error|errorcode|errormessage|faultstring|exception)>\s{0,4}"
    r"(?!(?:0|none|null|no|false|ok)?\s{0,4}<)[^<\s]",
    re.IGNORECASE,
)
UNREADABLE = "\ufffd"  # what a decoder puts for bytes that are no text; Python calls it printable
NOISE = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f\ufffd\ufffe\uffff\ue000-\uf8ff]")
NOISE_SHARE = 0.08
OBJECT = re.compile(r"\s*(?:\[object \w{1,20}\]|<\w[\w.]{0,60} object at 0x[0-9a-f]+>)\s*")
LAST_TRACE_SHARE, INNER_TRACE_SHARE, READ_TRACE_SHARE = 0.75, 0.6, 0.3


def signs_of_output(text: str, scan: ScanContext) -> Iterator[Sign]:
    """Signs in text of any length."""
    role, thresholds = scan.role, scan.thresholds
    head, tail = (
        text[: thresholds.head_chars],
        text[-thresholds.tail_chars :] if len(text) > thresholds.head_chars else "",
    )
    yield from _noise(head)
    yield from _page(head, role)
    yield from _exit(head, tail)
    yield from _exceptions(head, tail, role)
    yield from _complaint(head, len(text) <= thresholds.message_chars, role)


def signs_of_part(text: str, scan: ScanContext) -> Iterator[Sign]:
    """Crash output in a field of data, where a status beside it may say that all is well."""
    head = text[: scan.thresholds.head_chars]
    if scan.role is not ToolRole.CONTENT:
        yield from _noise(head)
    if PAGE.match(head.lstrip()) and (title := _bad_title(head)):
        yield Sign("page_inside", title)


def _bad_title(head: str) -> str:
    title = TITLE.search(head)
    if title is None or len(title[1]) > LONGEST_TITLE:
        return ""
    return (
        title[1]
        if ANNOUNCES.match(title[1])
        or (len(head) < SMALL_PAGE and BAD_TITLE.search(title[1]))
        or other_languages.failure_in(title[1].lower())
        else ""
    )


def is_page(text: str) -> bool:
    """Whether a text is markup, whose words are not a message."""
    return PAGE.match(text[:600].lstrip()) is not None


def _complaint(head: str, short: bool, role: ToolRole) -> Iterator[Sign]:
    """Signs of a program's own complaint: anywhere in a shell's output, elsewhere only when it is
    the whole text.
    """
    hit = (
        SHELL_ERROR.search(head)
        if role is ToolRole.SHELL
        else SHELL_ERROR.match(head)
        if short
        else None
    )
    if hit or (short and ERRNO.match(head)):
        yield Sign("exception_line", head[hit.start() :] if hit else head)


def _noise(head: str) -> Iterator[Sign]:
    suspicious = UNREADABLE in head or not head.isprintable()
    if suspicious and len(NOISE.findall(head)) > max(2, NOISE_SHARE * len(head)):
        yield Sign("noise", "mostly unprintable characters")
    elif head.lstrip()[:1] in ("[", "<") and OBJECT.fullmatch(head):
        yield Sign("noise", head)


def _page(head: str, role: ToolRole) -> Iterator[Sign]:
    start = head.lstrip()[:600]
    if not start.startswith("<"):
        return
    if XML_FAULT.match(start):
        yield Sign("error_page", head)
    elif role is ToolRole.ACT and not PAGE.match(start) and (hit := XML_OUTCOME.search(head)):
        yield Sign("error_field", hit[0])
    elif PAGE.match(start):
        if bad := _bad_title(head):
            yield Sign("error_page", bad)
        elif role not in (ToolRole.CONTENT, ToolRole.SHELL):
            title = TITLE.search(head)
            yield Sign("page_for_data", title[1] if title else start)


def _exit(head: str, tail: str) -> Iterator[Sign]:
    for part in (head, tail):
        lowered = part.lower() if "xit" in part or "eturn" in part else ""
        if ("exit" in lowered or "return" in lowered) and (hit := EXIT.search(part)):
            yield Sign("exit_code" if int(hit[1]) else "success_flag", hit[0].strip())
            return


def _exceptions(head: str, tail: str, role: ToolRole) -> Iterator[Sign]:
    for part in (head, tail):
        if any(hint in part for hint in TRACE_HINTS) and (hit := TRACE.search(part)):
            yield Sign(
                "traceback",
                _last_exception(tail or head) or hit[0],
                _trace_share(hit.start() == 0 and part is head, part, role),
            )
            return
    for part in (tail, head):
        if any(hint in part for hint in EXCEPTION_HINTS) and (hit := _naming(part)):
            framed = bool(FRAME.search(part))
            yield Sign(
                "traceback" if framed and role is ToolRole.SHELL else "exception_line",
                part[hit.start() :],
            )
            return


def _trace_share(opens: bool, part: str, role: ToolRole) -> float:
    """How clearly a stack trace is the message: fully when it opens the body or a shell printed it,
    less at the end, and little in a document, which may be about a trace.
    """
    if role is ToolRole.SHELL or opens:
        return 1.0
    if role in (ToolRole.CONTENT, ToolRole.SPEECH):
        return READ_TRACE_SHARE
    return LAST_TRACE_SHARE if _naming(part) else INNER_TRACE_SHARE


def _naming(part: str) -> re.Match[str] | None:
    """The line that names an exception, at the beginning or the end of the text; in between it may
    be a quotation.
    """
    last = part.rstrip().rfind("\n") + 1
    return EXCEPTION.match(part.lstrip("\n")) or EXCEPTION.match(part, last)


def _last_exception(part: str) -> str:
    hits = EXCEPTION.findall(part)
    return part[part.rfind(hits[-1]) :] if hits else ""
