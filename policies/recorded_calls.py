"""Calls that runs have proposed, read back from the journal, so that a policy can be tried on them before it is saved."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.utils.text import slugify

from console.journal import selectors
from console.journal.query import Query
from console.journal.records import Stored
from console.journal.visibility import Clearance
from policies.rules.gate_facts import CallFacts, RunFacts
from policies.rules.taint import Book

BACK = timedelta(days=2)  # so far back a search is short
LOOKED_AT = 400
EVENTS_OF_A_RUN = 2_000
PROPOSED = frozenset({"call.intended", "call.asked"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call as it was proposed, with what was said of it then."""

    run: UUID
    step: int | None
    at: datetime
    facts: CallFacts
    rule: str
    asked: bool


def newest(tool: str, *, clearance: Clearance, at: datetime, limit: int = 20) -> list[Recorded]:
    """The tool's last calls, newest first, as far as this reader may read them. What is spilled is left as its marker."""
    query = Query(tool=tool, kind="call.", since=at - BACK, until=at + BACK)
    page = selectors.search(query, clearance=clearance, before=2**63 - 1, limit=LOOKED_AT)
    rows = [row for row in reversed(page.events) if row.record.kind in PROPOSED]
    stories: dict[UUID, list[Stored]] = {}
    return [_recorded(row, _story(row.run, stories, clearance)) for row in rows[:limit]]


def _story(run: UUID, stories: dict[UUID, list[Stored]], clearance: Clearance) -> list[Stored]:
    if run not in stories:
        stories[run] = selectors.events(run, clearance=clearance, limit=EVENTS_OF_A_RUN)
    return stories[run]


def _recorded(row: Stored, story: list[Stored]) -> Recorded:
    record, created = row.record, _created(story)
    principal = str(created.get("principal", ""))
    goal = str(created.get("goal", ""))
    facts = CallFacts(
        agent=_agent(created),
        tool=record.tool,
        effect=str(record.data.get("effect", "")),
        args=record.data.get("args", {}),
        principal=principal,
        groups=groups_of(principal),
        run=RunFacts(id=str(row.run), step=record.step or 0, calls=_calls(story, row.seq), goal=goal),
        at=record.at,
        provenance=_book(goal, story, row.seq),
    )
    return Recorded(row.run, record.step, record.at, facts, record.rule, asked=record.kind == "call.asked")


def _created(story: list[Stored]) -> Mapping[str, Any]:
    return next((row.record.data for row in story if row.record.kind == "run.created"), {})


def _agent(created: Mapping[str, Any]) -> str:
    """The name by which policies know the agent. Where only its title was noted, the name is made of that, as the admin does."""
    return str(created.get("agent_name") or slugify(str(created.get("agent", ""))))


def _calls(story: list[Stored], before: int) -> int:
    return sum(row.record.kind == "call.intended" for row in story if row.seq < before)


def _book(goal: str, story: list[Stored], before: int) -> Book:
    """What had been said and brought back until then. The agent's prompt is hidden and not asked."""
    book = Book([goal])
    for row in story:
        record = row.record
        if row.seq < before and record.kind == "call.returned":
            book.hear(record.tool, record.step or 0, _text(record.data))
        elif row.seq < before and record.kind == "call.decided":
            book.trust(json.dumps(record.data.get("args") or {}, ensure_ascii=False, default=str))
    return book


def _text(data: Mapping[str, Any]) -> str:
    result = data.get("result")
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)


def groups_of(principal: str) -> frozenset[str]:
    return frozenset(get_user_model().objects.filter(username=principal).values_list("groups__name", flat=True)) - {None}
