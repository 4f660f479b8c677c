"""What a tool is for, judged by its name: a question that is answered with no has been answered."""

import re
from enum import StrEnum
from functools import lru_cache

from policies.truth.sign import words

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class ToolRole(StrEnum):
    """How a tool's words are to be read."""

    ACT = "act"
    READ = "read"  # hands out records: a failed order is an order
    CONTENT = "content"  # hands out what people wrote: a letter about an error is a letter
    SPEECH = "speech"  # says what somebody thinks, asks or translates
    PROBE = "probe"  # reports a state: "is off" is its answer
    SHELL = "shell"  # hands out process output


READERS = frozenset({ToolRole.READ, ToolRole.PROBE, ToolRole.CONTENT})
PROBE = words(
    "check checks can is has test tests verify validate ping status health diagnose exists probe"
    " inspect monitor compare lint poll wait watch detect analyze audit scan"
)
SHELL = words(
    "run exec execute bash shell sh python node code terminal command cmd script repl console"
    " subprocess eval compile make powershell"
)
READ = words(
    "open get list find search show lookup look query describe load retrieve select count report"
    " export"
)
SPEECH = words(
    "ask think thought reflect translate summarize summary transcribe ocr define definition explain"
    " quote joke lyrics poem story headline remember final answer chat human"
)
READING = words(
    "read cat grep tail head browse scrape crawl visit navigate fetch download view history logs"
    " recall surf surfer browser wikipedia"
)
WRITING = words(
    "log logs page pages web document doc docs file files note notes message messages email emails"
    " mail inbox post posts comment comments ticket tickets issue issues article articles wiki"
    " transcript faq policy policies rules guide manual terms review reviews memory news thread"
    " text dom snapshot"
)


@lru_cache(maxsize=4096)
def words_of(name: str) -> frozenset[str]:
    """The words that a tool's name is made of, in lower case."""
    return frozenset(word.lower() for word in WORDS.findall(name))


@lru_cache(maxsize=4096)
def asks_for(tool: str, key: str) -> bool:
    """Whether the tool is named for what the field holds: `list_errors` is asked for `errors`."""
    return bool(words_of(tool) & (words_of(key) - {"code", "message", "type", "name"}))


@lru_cache(maxsize=4096)
def role_of(name: str, effect: str = "") -> ToolRole:
    """The role of a tool called `name`; a declared effect other than `read` is believed over the
    name.
    """
    named = words_of(name)
    if named & SHELL and not named & PROBE:
        return ToolRole.SHELL
    if effect and effect != "read":
        return ToolRole.ACT
    if named & PROBE:
        return ToolRole.PROBE
    if named & SPEECH:
        return ToolRole.SPEECH
    # `send_email` acts, though it speaks of people's writing; `read_email` and `search_emails` hand
    # it out
    if named & READING or (named & WRITING and (effect == "read" or named & READ)):
        return ToolRole.CONTENT
    return ToolRole.READ if named & READ or effect == "read" else ToolRole.ACT
