"""The wordings by which tools refuse and fail.

Pure tables of patterns over lower-cased text; each is bounded and linear.

A family comes with substrings of which one must be present before its (slower) pattern is tried.
"""

import re
from typing import NamedTuple


class Family(NamedTuple):
    """One way of saying that something did not work; `name` is the sign."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def _family(name: str, hints: str, *patterns: str) -> Family:
    return Family(name, tuple(hints.split("|")), re.compile("|".join(patterns)))


FAMILIES = (
    _family(
        "not_found",
        "found|such|exist|unknown|unrecogni|undefined|find|locate|recogni|defined|registered|known"
        "|no ",
        r"\bnot (?:be |been )?found\b|\bnotfound\b|\bno such\b|(?:\bnot|n't)"
        r" exists?\b|\bnon-?existent\b",
        r"\b(?:unknown|unrecogni[sz]ed|undefined)(?:: |\s)\S|\b(?:not|n't) (?:a"
        r" )?(?:known|recogni[sz]ed?|defined|registered)\b",
        r"\b(?:couldn't|could not|cannot|can't|unable to|didn't|did not) (?:find|locate)\b|^no"
        r" (?:\w+ )?\w{0,30}[^s\W] found\b",
        r"\bno route (?:matched|found|to)\b|\bno \w+ (?:with|named|called|for) (?:that|this|the"
        r" given|id|name)\b",
    ),
    _family(
        "invalid",
        "valid|malformed|illegal|bad"
        " |correct|support|pars|unexpected|expecting|untermin|unbalanc|syntax|wrong|takes"
        " |ambiguous|zero",
        r"\binvalid\b|\bmalformed\b|\billegal\b|\bincorrect\b|\bunsupported\b|\bambiguous\b"
        r"|\bdivi\w+"
        r" by zero\b|^wrong\b",
        r"\bnot (?:a )?(?:valid|supported)\b|\bpars(?:e|ing) error|\bsyntax ?error|\bvalidation"
        r" (?:error|failed)|\btakes \d+ positional",
        r"\bunexpected (?:token|keyword|argument|end|character|eof|type|value|field)|\bwrong"
        r" (?:type|kind|format|number|password|value)",
        r"\bbad"
        r" (?:request|gateway|input|argument|parameter|credentials?|password|token|signature"
        r"|format|syntax|json|url|date|id)\b",
        r"\bexpecting (?:value|property name|.{1,30} delimiter)|\bunterminated"
        r" (?:string|quote|comment)",
        r"\bunbalanced (?:bracket|paren|quote|tag)",
    ),
    _family(
        "failure",
        "fail|unsuccess|not success|abort|crash|went wrong|signal|core dumped|oom",
        r"\bfail(?:ed|ure|s)?\b|\bunsuccessful|\bnot success|\baborted\b|\bcrashed\b|\bwent"
        r" wrong\b",
        r"\b(?:exited|terminated|killed|died) (?:with|by|on|from) (?:a )?(?:signal|sig[a-z]{3,6})\b"
        r"|\bcore dumped\b|\boom-?killed\b",
    ),
    _family(
        "unable",
        "cannot|can't|can not|could not|couldn't|unable|not able|won't|possible|only |may"
        " not|understand",
        r"\b(?:cannot|can't|can not|could not|couldn't|unable to|not able to|won't|not"
        r" possible|impossible|may not be)\b|\bcan only\b",
        r"\bonly .{1,60}\b(?:can|may)\b|n(?:'t| ?ot) understand\b",
    ),
    _family(
        "denied",
        "denied|forbid|authori|allowed|permi|subscri|eligib|refus|reject|declin|block|prohibit"
        "|authent|access|rights|in to|in first|in again|to log|to sign|payment",
        r"\bdenied\b|\bforbidden\b|\bunauthori[sz]ed\b|\brefused\b|\brejected\b|\bdeclined\b"
        r"|\bblocked\b|\bprohibited\b|\bineligible\b",
        r"(?:\bnot|n't) (?:been"
        r" )?(?:allowed|permitted|authori[sz]ed|subscribed|eligible|entitled|authenticated)\b"
        r"|\bunauthenticated\b",
        r"(?:\bnot|n't) have (?:\w+ ){0,2}(?:permission|access|rights)|\bauthentication"
        r" (?:failed|required)",
        r"\b(?:sign|log) ?in (?:to continue|first|again)\b|\bneed to (?:log|sign) in\b"
        r"|\bpayment required\b",
    ),
    _family(
        "throttled",
        "limit|quota|too many requests|throttl|overload|slow|reduce|exhaust",
        r"\brate.?limit|\bquota\b|\btoo many requests\b|\bthrottl|\blimit"
        r" (?:reached|exceeded)\b|\boverloaded\b",
        r"\bslow ?down\b|\breduce your request rate\b|\bresource_?exhausted\b",
    ),
    _family(
        "limit",
        "too |exceed|insufficient|enough|out of|maximum|minimum|at most|at"
        " least|limit|range|exhausted",
        r"\btoo"
        r" (?:many|much|large|long|few|short|big|small|high|low|early|late|old)\b|\bexceed(?:s|ed"
        r"|ing)?\b|\blimit"
        r" of\b",
        r"\binsufficient\b|\bnot (?:have )?enough\b|n't have enough\b|\b(?:maximum|minimum|at"
        r" most|at least)\b",
        r"\bout of (?!the\b|date\b|order\b|\d)\w|\boutside (?:of )?(?:the )?(?:\w+"
        r" )?range\b|\bexhausted\b",
    ),
    _family(
        "requirement",
        "must|requir|should|missing|need|expect|provided|specified|supplied|has to be|in the ",
        r"\bmust\b|\b(?:is|are|field|parameter|argument|value)"
        r" required\b|\brequires\b|\bmissing\b|\bneeds? to be\b|\bhas to be\b",
        r"\brequired (?:field|parameter|argument|property|key|value)|\b(?:is|are) in the"
        r" (?:past|future)\b",
        r"\bshould (?:not |only )?(?:match|have|contain|equal|differ|include|exceed|start|end)\b",
        r"\bshould (?:not )?be (?!ready|available|delivered|visible|there|back|able|at"
        r" |here|done|complete|with)",
        r"\bexpected .{1,80}\b(?:got|but|found|received|instead)\b|\b(?:no|not|n't) (?:\w+"
        r" ){0,4}(?:provided|specified|supplied)\b",
    ),
    _family(
        "mismatch",
        "not |n't |mismatch|inconsisten",
        r"\b(?:does|do|did|has|have|is|are)(?:n't| not) (?:match|add"
        r" up|equal|agree|correspond|belong|fit|meet|have|support|contain)",
        r"\b(?:does|do|did)(?:n't| not) (?:cover|include|accept|allow|permit|qualify)",
        r"\bmismatch|\bnot (?:the same|equal|matching|part of)\b|\binconsisten",
    ),
    _family(
        "unavailable",
        "available|unreach|accessible|respond|working|implemented|enabled|active|open|ready"
        "|configured|timed"
        " |time|connect|offline|service|booked|sold out|busy|healthy|left|econn|enotf|unreach|epipe"
        "|eai_a|hang up|net::|maintenance|deadlock|full|try again",
        r"\bunavailable\b|\bunreachable\b|\bor available\b|\btimed?[ -]?out\b|\bconnection"
        r" (?:refused|reset|aborted|error|closed|failed)",
        r"(?:\bnot|n't|\bno longer|\bnot currently|\bnot yet)"
        r" (?:available|accessible|reachable|respond\w*|working|ready|connected)\b",
        r"(?:\bnot|n't|\bno longer|\bnot currently|\bnot yet)"
        r" (?:configured|implemented|enabled|active|open)\b|\bno connection\b",
        r"\bout of service\b|\bis offline\b|\bfully booked\b|\bsold out\b|\bis busy\b|\bno"
        r" healthy\b",
        r"\bno (?:\w+ ){1,3}(?:available|left)\b",
        r"\b(?:econn(?:refused|reset|aborted)|enotfound|etimedout|ehostunreach|enetunreach|epipe"
        r"|eai_again)\b"
        r"|\bsocket hang up\b|\bnet::err_\w|\b(?:under|down for) (?:\w+ )?maintenance\b"
        r"|\bdeadlock (?:was )?(?:detected|found)\b|\bmailbox (?:is )?full\b"
        r"|^(?:please )?try again (?:later|in)\b",
    ),
    _family(
        "disabled",
        "disabled|expired|suspended|revoked|locked|deprecated|deactivated|closed",
        r"\b(?:is|are|was|has been|have been|have|has) (?:been"
        r" )?(?:disabled|expired|suspended|revoked|locked|deactivated|closed)\b",
        r"\bexpired\b",
    ),
    _family(
        "conflict",
        "already|duplicate|conflict|in use",
        r"\balready (?:been"
        r" )?(?!satisf|install|updat|complet|enabl|disabl|connect)(?:exists?|taken|in"
        r" use|\w{2,20}(?:ed|en))\b",
        r"\bduplicate (?:key|entry|value|name|record|id)\b|\bconflicts? with\b|^conflict\b|\bis in"
        r" use\b|\bversion conflict\b"
        r"|^there is already\b",
    ),
    _family(
        "error_word",
        "error|exception|fault|problem",
        r"\berrors?\b|\bexceptions?\b|\bfault\b|\bproblem\b|\b[a-z]\w{2,40}(?:error|exception)\b",
    ),
    _family(
        "not_done",
        "not |n't |no ",
        r"\b(?:do|does|did|was|were|has|have|had)(?: not|n't) (?:be |been )?\w",
        r"(?<![,;:] )\bnot (?:yet )?(?!need\b)\w{2,30}(?:ed|able|ible|en)\b",
        r"\bno \w{1,30} (?:was|were|has been|have been)"
        r" (?:performed|made|applied|changed|updated|sent|saved|created|done)",
    ),
    _family("not_so", "not |n't |non-", r"\b(?:is|are|am)(?: not|n't) \w|\b(?:is|are) non-\w"),
    _family(
        "negation",
        "not |n't |no |never|nothing|non-",
        r"\bnot\b|n't\b|\bno\b|\bnever\b|\bnothing\b|\bnon-\w",
    ),
    _family(
        "apology",
        "sorry|unfortunately|oops|apolog|regret",
        r"^\W{0,3}(?:i'm |we're |we are |i am |we )?(?:so"
        r" )?(?:sorry|unfortunately|oops|apologi\w+|regret)",
    ),
    _family(
        "advice",
        "please|try again|retry",
        r"\bplease (?:try|provide|check|specify|enter|use|supply|log ?in|sign|ensure|make"
        r" sure|verify|contact)\b|\btry again\b|\bretry\b",
    ),
    _family(
        "machinery",
        "api|endpoint|request|param|argument|token|key|subscription|function|method|module"
        "|credential|server|schema|field|input|integer|format|"
        "command|operation",
        r"\b(?:api|endpoints?|requests?|param(?:eter)?s?|arguments?|tokens?|keys?|subscription"
        r"|functions?|methods?|modules?|credentials?)\b",
        r"\b(?:servers?|schema|fields?|input|integer|format|commands?|operation)\b",
    ),
)

# A failure as the subject of the opening words, with the punctuation or verb that an announcement
# has and a heading has not.
_BEFORE = (
    r"(?:(?:an?|the|fatal|unexpected|internal|unhandled|uncaught|critical|http|api|server|tool"
    r"|validation|runtime|request|"
    r"execution)\s+){0,3}"
)
_AFTER = (
    r"(?:in|while|when|during|executing|running|calling|parsing|fetching|reading|loading|sending"
    r"|processing|occurr?ed|code|from|at|"
    r"connecting|creating|updating|opening|writing|getting|to|has|was|with|\d{3})"
)
_COMPLAINT = (
    r"(?:cannot|can't|could not|couldn't|no such|not found|permission denied|command not"
    r" found|invalid|unable|failed|fatal|error)"
)
OPENING = re.compile(
    rf"\W{{0,4}}{_BEFORE}(?:(?:error|exception|failure|failed|fatal|panic|err!?)"
    rf"(?:\s*(?:[:!\[\]]|\(\w{{0,12}} ?\d|-\s|\.\s|$|\n)|\s+{_AFTER}\b)|conflict:)"
    r"|[\w.]{0,60}(?:error|exception)(?::|\(['\"])"
    rf"|(?!\w{{0,30}}warning)(?:[a-z/][\w./-]{{0,40}}: ){{1,3}}(?:line \d+: )?{_COMPLAINT}\b"
    r"|(?:ora|pls|tns|sp2|db2|sqlcode)-\d{3,5}:|sqlstate\[|ssl: cert|net::err_"
    r"|status = statuscode\.(?!ok)"
    r"|enable javascript and cookies"
    r"|just a moment\W{0,3}\s{0,4}enable javascript"
    r"|(?:\w{1,20} ){1,3}error\W{0,3}$|npm err!|traceback \(most recent"
)
STATUS = re.compile(
    r"\b(?:http(?:/\d(?:\.\d)?)?|status|code|error|response|returned"
    r"|server)\b[\s:=_(\[#]{0,4}(?:status|code|error)?[\s:=_(\[#]{0,4}"
    r"([45]\d\d)\b"
    r"|^\W{0,3}([45]\d\d)[ -][45]\.\d{1,3}\.\d{1,3}\b"
    r"|^\W{0,3}([45]\d\d)(?:\s*[:-])?\s+(?:client |server |page |file )?"
    r"(?:error|bad|not|forbidden|unauthori|internal|service|gateway|too|payment|conflict|method"
    r"|request|proxy|un|locked|gone|precondition|failed)"
)
BARE = frozenset(
    {
        "forbidden",
        "unauthorized",
        "error",
        "failed",
        "failure",
        "denied",
        "invalid",
        "timeout",
        "exception",
    }
)
ENDS_OF_PROCESS = frozenset({"killed", "terminated", "aborted"})
