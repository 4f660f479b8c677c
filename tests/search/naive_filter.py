"""What a query finds, asked row by row in plain Python; written for these tests alone."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User

from console.journal.models import Event
from runs.language import moments
from runs.language.query_terms import Query, Term
from runs.models import Agent, Run
from runs.search.asker import Asker

BAD = {
    "LOOP_DETECTED", "NO_PROGRESS", "DRIFTED", "BUDGET_EXCEEDED", "RETRY_LIMIT_REACHED",
    "TOOL_FAILURE", "PLANNER_FAILURE", "CIRCUIT_OPEN", "TIMEOUT", "ACCEPTANCE_FAILED",
    "POLICY_DENIED", "CONTEXT_EXHAUSTED", "CRASH_LOOP", "DEAD_LETTER", "COMPENSATION_FAILED",
}  # fmt: skip
TELL_NO_TOOL = {
    "run.waiting", "run.paused", "run.stopped", "run.downgraded", "call.settled", "call.late",
    "undo.ended",
}  # fmt: skip
"""Kinds that everybody may read, and that tell readers without tools nothing of one."""
SAID = {
    "goal", "thought", "thinking", "summary", "final", "text", "answer", "detail", "args", "result",
    "error", "sentence", "reason", "message", "note", "why", "what",
}  # fmt: skip
DECISIONS = {
    "call.decided", "answer.decided", "call.settled", "undo.begun", "undo.declined", "grant.given",
    "grant.revoked",
}  # fmt: skip


@dataclass
class Naive:
    """Answers queries for one person, row by row."""

    asker: Asker
    zone: tzinfo

    def __post_init__(self) -> None:
        self.runs = list(Run.objects.select_related("agent", "principal"))
        self.events = list(Event.objects.order_by("id"))
        self.names = {str(user.pk): user.username for user in User.objects.all()}
        self.of: dict[UUID, list[Event]] = defaultdict(list)
        for event in self.events:
            self.of[event.run].append(event)
        self.by_id = {run.pk: run for run in self.runs}
        self.agents = [(one.name.lower(), one.title.lower()) for one in Agent.objects.all()]

    def runs_of(self, query: Query) -> set[UUID]:
        return {run.pk for run in self.runs if self.run_fits(run, query)}

    def events_of(self, query: Query) -> set[int]:
        content = (self.asks_for_content(t) or t.name == "agent" for t in query.terms)
        hidden_count = not any(content)
        return {
            event.pk
            for event in self.events
            if (hidden_count or self.open(event))
            and all(self.event_fits(event, t) != t.negative for t in query.terms if asks(t))
        }

    def asks_for_content(self, term: Term) -> bool:
        if not term.name:
            return term.negative or not id_like(term.value)
        return term.name in ("tool", "model", "verdict", "kind", "actor", "approver", "act")

    def run_fits(self, run: Run, query: Query) -> bool:
        one = [t for t in query.terms if t.name in ("tool", "verdict", "kind") and not t.negative]
        mine = self.of[run.pk]
        if one and not any(all(self.content(event, term) for term in one) for event in mine):
            return False
        rest = [term for term in query.terms if term not in one and asks(term)]
        return all(self.run_term(run, term) != term.negative for term in rest)

    def run_term(self, run: Run, term: Term) -> bool:
        if not term.name:
            return (
                begins(run.pk, term.value)
                or begins(run.correlation_id, term.value)
                or any(self.told(each) and holds(each, term.value) for each in self.of[run.pk])
            )
        if self.asks_for_content(term):
            return any(self.content(event, term) for event in self.of[run.pk])
        return self.row(run, term)

    def row(self, run: Run, term: Term) -> bool:
        """Fields of the run itself."""
        named = (run.agent.name, run.agent.title)
        of: dict[str, Callable[[str], bool]] = {
            "status": lambda value: in_status(run, value),
            "reason": lambda value: run.stop_reason.lower() == value,
            "agent": lambda value: any(same(each, value) for each in named),
            "principal": lambda value: self.is_person(run.principal, value),
            "run": lambda value: begins(run.pk, value),
            "correlation": lambda value: begins(run.correlation_id, value),
            "at": lambda value: self.alive(run, value),
        }
        if term.name in of:
            return any(map(of[term.name], term.values))
        return self.compared(run, term)

    def compared(self, run: Run, term: Term) -> bool:
        if term.name in ("age", "ended"):
            since = run.created_at if term.name == "age" else run.ended_at
            return since is not None and compare(self.asker.now - since, term, term.span)
        found = {
            "cost": run.usd,
            "steps": run.step,
            "tokens": run.tokens_in + run.tokens_out,
            "limit": self.share(run),
        }[term.name]
        return compare(found, term, term.number)

    def alive(self, run: Run, value: str) -> bool:
        begin, end = moments.resolved(moments.asked(value), self.asker.now, self.zone)
        return (end is None or run.created_at < end) and (
            begin is None or run.ended_at is None or run.ended_at >= begin
        )

    def event_fits(self, event: Event, term: Term) -> bool:
        if not term.name:
            return self.event_text(event, term.value)
        if self.asks_for_content(term):
            return self.content(event, term)
        match term.name:
            case "age":
                return compare(self.asker.now - event.ts, term, term.span)
            case "at":
                begin, end = moments.resolved(moments.asked(term.value), self.asker.now, self.zone)
                return (begin is None or event.ts >= begin) and (end is None or event.ts < end)
            case "run":
                return any(begins(event.run, each) for each in term.values)
            case "correlation":
                return any(begins(event.correlation_id, each) for each in term.values)
            case "agent":
                return self.open(event) and event.agent != "" and any(
                    event.agent == each or any(
                        name == event.agent and (same(name, each) or same(title, each))
                        for name, title in self.agents
                    ) for each in term.values
                )  # fmt: skip
            case "principal":
                return any(
                    self.is_person(user, each)
                    for each in term.values
                    for user in User.objects.filter(pk=event.principal or 0)
                )
            case "reason" if event.kind == "run.stopped":
                return json.loads(event.data or "{}")["reason"].lower() in term.values
        run = self.by_id.get(event.run)
        return run is not None and self.row(run, term)

    def event_text(self, event: Event, value: str) -> bool:
        return (
            begins(event.run, value)
            or begins(event.correlation_id, value)
            or (self.open(event) and is_kind(event, value))
            or (self.open(event) and not value.endswith("*") and self.did(event, value))
            or (self.told(event) and holds(event, value))
        )

    def content(self, event: Event, term: Term) -> bool:
        if not (
            self.told(event) if term.name in ("tool", "model", "verdict") else self.open(event)
        ):
            return False
        of = {
            "tool": lambda value: event.tool != "" and like(event.tool, value),
            "model": lambda value: event.model != "" and like(event.model, value),
            "verdict": lambda value: event.verdict == value,
            "kind": lambda value: like(event.kind, value),
            "actor": lambda value: self.did(event, value),
            "approver": lambda value: event.kind in DECISIONS and self.did(event, value),
            "act": lambda value: event.actor.startswith("user:") and is_act(event, value),
        }[term.name]
        return any(map(of, term.values))

    def open(self, event: Event) -> bool:
        return event.visibility in self.asker.clearance - {"always_hidden"}

    def told(self, event: Event) -> bool:
        return self.open(event) and (
            "user_hidden" in self.asker.clearance or event.kind not in TELL_NO_TOOL
        )

    def did(self, event: Event, value: str) -> bool:
        if value == "me":
            return event.person == str(self.asker.user_id)
        if value == "anybody":
            return event.actor.startswith("user:")
        if value.startswith("person:"):
            return event.person != "" and event.person == value[7:]
        if value.endswith("*"):
            return event.actor.startswith(f"user:{value[:-1]}")
        return (
            event.actor in (value, f"user:{value}")
            or event.actor.startswith(f"user:{value} (")
            or self.names.get(event.person) == value
        )

    def is_person(self, user: User, value: str) -> bool:
        return user.pk == self.asker.user_id if value == "me" else like(user.username, value)

    def share(self, run: Run) -> float:
        going = (self.asker.now - run.clock_since).total_seconds() if run.clock_since else 0
        return 100 * max(
            run.step / run.max_steps,
            (run.tokens_in + run.tokens_out) / run.max_tokens,
            float(run.usd / run.max_usd),
            (run.active_seconds + going) / run.max_seconds,
        )


def asks(term: Term) -> bool:
    """Whether it asks for anything: signs without a word do not."""
    return bool(term.name or tokens(term.value))


def holds(event: Event, value: str) -> bool:
    """Whether the words of the value stand in one of its texts, one after the other."""
    wanted = tokens(value)
    names = [tokens(event.tool), tokens(event.external_id)]
    texts = [tokens(text) for text in said(json.loads(event.data or "{}"))]
    if len(wanted) > 1:
        return any(follow(parts(text), parts(wanted)) for text in texts)
    if not wanted or wanted == names[0]:
        return bool(wanted)
    return any(wanted[0] in (*text, *parts(text)) for text in [*texts, *names[1:]])


def follow(text: Sequence[str], wanted: Sequence[str]) -> bool:
    ends = range(len(text) - len(wanted) + 1)
    return any(list(text[at : at + len(wanted)]) == list(wanted) for at in ends)


def tokens(text: str) -> list[str]:
    found = re.findall(r"\w+(?:[.,:@/'-]\w+)*", unicodedata.normalize("NFC", text).casefold())
    return list(map(plain, found))


def plain(word: str) -> str:
    """A number as it is counted."""
    if not re.fullmatch(r"\d+(\.\d+)?|\d{1,3}(,\d{3})+(\.\d+)?", word):
        return word
    found = word.replace(",", "")
    return found.rstrip("0").rstrip(".") if "." in found else found


def parts(words: Sequence[str]) -> list[str]:
    return [
        part
        for word in words
        for part in ([word] if word[:1].isdigit() else re.split(r"[.,:@/'_-]+", word))
        if part
    ]


def said(part: Any, name: str = "") -> Iterator[str]:
    """The texts and numbers of what was asked, answered, passed on and got back."""
    if isinstance(part, dict):
        for each, value in part.items():
            if name or each in SAID:
                yield from said(value, name or each)
    elif isinstance(part, list):
        for value in part:
            yield from said(value, name)
    elif not isinstance(part, bool) and part is not None:
        yield str(part)


def compare(found: Any, term: Term, wanted: Any) -> bool:
    return bool({
        "<": found < wanted, "<=": found <= wanted, ">": found > wanted, ">=": found >= wanted,
    }[term.relation])  # fmt: skip


def like(found: str, value: str) -> bool:
    return found.startswith(value[:-1]) if value.endswith("*") else found == value


def same(found: str, value: str) -> bool:
    return like(found.lower(), value.lower())


def id_like(text: str) -> bool:
    digits = text.lower().replace("-", "")
    return 4 <= len(digits) <= 32 and all(each in "0123456789abcdef" for each in digits)


def is_kind(event: Event, value: str) -> bool:
    return event.kind.startswith(value) if value.endswith(".") else event.kind == value


def begins(key: UUID, text: str) -> bool:
    return id_like(text) and key.hex.startswith(text.lower().replace("-", ""))


def in_status(run: Run, word: str) -> bool:
    doubt = run.waiting_for == "in_doubt" or (
        run.status == "stopped" and run.stop_reason == "KILLED_IN_DOUBT"
    )
    return {
        "live": run.status not in ("completed", "stopped"),
        "running": run.status in ("running", "compensating"),
        "undoing": run.status == "compensating",
        "ended": run.status in ("completed", "stopped"),
        "failed": run.status == "stopped" and run.stop_reason in BAD,
        "killed": run.status == "stopped" and run.stop_reason in ("USER_KILLED", "KILLED_IN_DOUBT"),
        "in-doubt": doubt,
        "person": doubt
        or (run.status == "waiting" and run.waiting_for == "approval")
        or (run.status == "paused" and run.stop_reason != "USER_PAUSED")
        or bool(run.late or run.leftover or run.findings)
        or (run.status in ("completed", "stopped") and run.waiting_for == "undo"),
    }.get(word, run.status == word)


def is_act(event: Event, word: str) -> bool:
    said = json.loads(event.data or "{}").get("word")
    of = {
        "call.decided": "approve" if said in ("approve", "edit") else "",
        "grant.given": "approve", "undo.begun": "approve",
        "run.resumed": "resume", "run.requeued": "resume", "run.continued": "resume",
        "run.extended": "raise", "budget.changed": "raise", "budget.deleted": "raise",
        "toolpolicy.added": "raise", "toolpolicy.changed": "raise", "toolpolicy.deleted": "raise",
        "thresholds.changed": "raise", "call.settled": "settle",
        "tool.accepted": "accept", "restore.accepted": "accept", "finding.closed": "accept",
        "late.acknowledged": "accept",
        "answer.decided": "override" if said == "approve" else "",
        "halt.released": "release", "breaker.reset": "release",
    }.get(event.kind, "")  # fmt: skip
    return of != "" and word in (of, "any")
