"""What "done" means for a run, and how far it is from it: its criteria, fixed before the start, as
they are met now. Reads only.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from console import figures
from console.journal import selectors, spill
from console.journal.records import USER_HIDDEN, VISIBLE, Stored
from policies.acceptance import CriterionCheck
from runs.engine.state import RunState
from runs.engine.vocabulary import FINAL, AnswerAct
from runs.models import Run
from runs.reading import damaged_rows, story
from runs.reading.readers import PageReader
from runs.runtime import run_ledger
from runs.supervision.completion import RULE, AcceptanceChecker

KINDS = ("call.intended", "call.returned", "step.planned", "hint.given", "answer.decided")
READ = frozenset({VISIBLE, USER_HIDDEN})
"""Visibilities of the events that criteria are checked against, whoever looks; a reader who may not
see calls is shown only the criteria's names and marks.
"""
KEPT = 64


@dataclass(frozen=True, slots=True)
class CriterionItem:
    """One criterion: its state in a word with its icon and tone, and what is missing."""

    name: str
    state: str
    icon: str
    tone: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class StateWords:
    """What is said of a criterion that is passed or not, each with its icon and tone, and of those
    that are passed together.
    """

    passed: tuple[str, str, str]
    lacking: tuple[str, str, str]
    together: str


NOT_MET = ("not met", "x", "bad")
NOTHING_TO_CHECK = ("nothing to check", "circle-dashed", "ended")
"""Of a criterion that asks something of calls none of which was made."""
LIVE = StateWords(
    ("holds so far", "circle-dashed", "ended"), ("open", "circle-dashed", "ended"), "hold so far"
)
JUDGED = StateWords(("met", "check", "running"), NOT_MET, "met")
ENDED = StateWords(("held at the end", "circle-dashed", "ended"), NOT_MET, "held at the end")
"""Of a run that ended without an answer: what asks that something did not happen holds in each of
them, which is no success.
"""


@dataclass(frozen=True, slots=True)
class DoneProgress:
    items: tuple[CriterionItem, ...]
    figure: str
    note: str = ""
    broken: str = ""


@dataclass
class JournalRead:
    """What has been read of one run so far. Its journal only grows, so only what is new is read
    again.
    """

    acceptance_checker: AcceptanceChecker
    seq: int = 0
    final: str | None = None
    refused: int = 0
    accepted_by: str = ""
    using: threading.Lock = field(default_factory=threading.Lock)


_memories: OrderedDict[UUID, JournalRead] = OrderedDict()
_remembering = threading.Lock()


def of(run: Run, who: PageReader) -> DoneProgress | None:
    """The run's criteria; None for a run without any. One query."""
    if not run.snapshot.get("acceptance"):
        return None
    memory = remembered(run)
    with memory.using:
        learn(memory, selectors.events(run.id, clearance=READ, after=memory.seq, kinds=KINDS))
        checks = memory.acceptance_checker.checks(state(run), memory.final)
    return shown(checks, memory, ended=run.status in FINAL, in_full=who.sees_tools)


def remembered(run: Run) -> JournalRead:
    with _remembering:
        memory = _memories.pop(run.id, None) or JournalRead(AcceptanceChecker(run.snapshot))
        _memories[run.id] = memory
        while len(_memories) > KEPT:
            _memories.popitem(last=False)
    return memory


def learn(memory: JournalRead, stored: Sequence[Stored]) -> None:
    """Add these rows to what has been read. A row that cannot be read counts for nothing."""
    memory.acceptance_checker.observe(damaged_rows.reading(run_ledger.events, stored))
    for event in stored:
        memory.seq = event.seq
        if event.record.kind == "step.planned":
            memory.final = text(event.record.data.get("final"))
        memory.refused += event.record.rule == RULE
        if (
            event.record.kind == "answer.decided"
            and event.record.data.get("word") == AnswerAct.APPROVE
        ):
            memory.accepted_by = story.who(event.record)


def text(final: Any) -> str | None:
    """The final answer. One that was too large for its row is judged here by its beginning; its run
    judged all of it.
    """
    mark = spill.marker(final)
    return str(mark["head"]) if mark else final


def state(run: Run) -> RunState:
    """The run's state, as much of it as criteria may ask about."""
    return RunState(
        step=run.step,
        calls=run.calls,
        tokens_in=run.tokens_in,
        tokens_out=run.tokens_out,
        usd=run.usd,
        usd_unknown=run.usd_unknown,
        goal=run.goal,
    )


def shown(
    checks: Sequence[CriterionCheck], memory: JournalRead, *, ended: bool, in_full: bool
) -> DoneProgress:
    most = memory.acceptance_checker.most
    refused = (
        f"{figures.plural(memory.refused, 'answer')} of at most {most} not accepted"
        if memory.refused
        else ""
    )
    accepted = f"accepted as it is by {memory.accepted_by}" if memory.accepted_by else ""
    words = ENDED if ended and memory.final is None else JUDGED if ended else LIVE
    return DoneProgress(
        tuple(item(check, words, in_full=in_full) for check in checks),
        counted(checks, words),
        accepted or refused,
        memory.acceptance_checker.broken,
    )


def counted(checks: Sequence[CriterionCheck], words: StateWords) -> str:
    """`1 of 2 met`, of those that have something to check once the run is over."""
    asked = [check for check in checks if words is LIVE or not check.idle]
    if not asked:
        return NOTHING_TO_CHECK[0] if checks else ""
    return f"{sum(check.passed for check in asked)} of {len(asked)} {words.together}"


def item(check: CriterionCheck, words: StateWords, *, in_full: bool) -> CriterionItem:
    state = words.passed if check.passed else words.lacking
    if check.idle and words is not LIVE:
        state = NOTHING_TO_CHECK
    return CriterionItem(
        check.name, *state, sentence="" if check.passed or not in_full else check.sentence
    )
