"""The one writer of a request's row: as SQL for the transaction of a run's events, and for acts of
people and the clock in transactions of their own.

It decides nothing; whoever calls holds the lock that its decision needs.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from approvals.models import Request
from approvals.models.request import NEVER
from approvals.rules import binding, call_keys, headlines
from approvals.rules.change_of_requests import Ended, Opened, Reopened
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.terms import Terms
from approvals.rules.voting import Counted, NextStage
from console.journal.records import Actor
from runs.engine.actions import Statement
from runs.engine.vocabulary import AnswerAct

GIVEN = (
    "kind", "call", "step", "tool", "proposed", "args", "effect", "undo", "rule", "sentence",
    "facts", "digest", "call_key", "line", "tainted",
    "stages", "stage", "group", "quorum", "four_eyes", "ttl", "on_expiry", "escalate_to",
    "escalated", "version", "asked_at", "expires_at",
    "due", "status", "act", "decided_by", "decided_by_id", "note",
)  # fmt: skip
CASTS = {
    **dict.fromkeys(("proposed", "args", "facts", "stages"), "::jsonb"),
    **dict.fromkeys(("expires_at", "due"), "::timestamptz"),
}
COLUMNS = ", ".join(f'"{name}"' for name in GIVEN)
VALUES = ", ".join(f"%s{CASTS.get(name, '')}" for name in GIVEN)

OPEN = f"""INSERT INTO approvals_request (run_id, agent, agent_title, starter, drill,
    correlation_id, {COLUMNS})
    SELECT run.id, agent.name, agent.title, starter.username, run.drill, run.correlation_id,
    {VALUES}
    FROM runs_run run
    JOIN runs_agent agent ON agent.id = run.agent_id
    JOIN auth_user starter ON starter.id = run.principal_id WHERE run.id = %s
    ON CONFLICT (run_id, kind, call) WHERE status = 'open' DO NOTHING"""
END = """UPDATE approvals_request SET status = %s, act = %s, decided_by = %s, decided_by_id = %s,
    note = %s,
    decided_args = %s::jsonb, ended_at = %s
    WHERE run_id = %s AND status = 'open' AND kind = ANY(%s)"""
REOPEN = """UPDATE approvals_request
    SET status = 'open', act = '', decided_by = '', decided_by_id = '', note = '',
    ended_at = NULL, announced_at = NULL, held = NULL, held_until = NULL,
    expires_at = %s::timestamptz + make_interval(secs => ttl), due = COALESCE(%s::timestamptz +
    make_interval(secs => ttl), due)
    WHERE run_id = %s AND kind = 'call' AND status = 'closed' AND call = ANY(%s)"""


def opened(run: UUID, change: Opened) -> Statement:
    columns = row(run, change)
    return OPEN, (*(columns[name] for name in GIVEN), run)


def ended(run: UUID, change: Ended) -> Statement:
    args = None if change.args is None else text(change.args)
    facts = (
        change.status.value,
        change.act,
        change.by,
        change.person,
        change.why,
        args,
        change.at,
        run,
        [kind.value for kind in change.kinds],
    )
    return (f"{END} AND call = %s", (*facts, change.call)) if change.call else (END, facts)


def reopened(run: UUID, change: Reopened) -> Statement:
    """Reopen the request with its whole time."""
    return REOPEN, (change.at, change.at, run, list(change.calls))


def row(run: UUID, asked: Opened) -> dict[str, Any]:
    """A new request's columns."""
    terms, stage = asked.terms, asked.terms.stages[0]
    expires_at = terms.expires_at(asked.at)
    return {
        "kind": asked.kind.value,
        "call": asked.call,
        "step": asked.step,
        "tool": asked.tool,
        "proposed": text(asked.args),
        "args": text(asked.args),
        "effect": asked.effect,
        "undo": asked.undo,
        "rule": asked.rule,
        "sentence": asked.sentence,
        "facts": text(asked.facts),
        "digest": digest(run, asked),
        "call_key": key(asked.kind, asked.tool, asked.args, asked.effect),
        "line": headlines.line(asked.kind, asked.tool, asked.args, asked.sentence, asked.call),
        "tainted": unverified(asked.facts),
        "stages": text([[each.group, each.quorum] for each in terms.stages]),
        "stage": 0,
        "group": stage.group,
        "quorum": stage.quorum,
        "four_eyes": terms.four_eyes,
        "ttl": terms.ttl,
        "on_expiry": terms.on_expiry.value,
        "escalate_to": terms.escalate_to,
        "escalated": False,
        "version": 1,
        "asked_at": asked.at,
        "expires_at": expires_at,
        "due": expires_at or NEVER,
        "status": RequestStatus.OPEN.value,
        "act": "",
        "decided_by": "",
        "decided_by_id": "",
        "note": "",
    }


def digest(run: UUID, asked: Opened) -> str:
    """The digest that answers are bound to. A request about no call has no arguments: its moment
    takes their place, so that no old form fits a later stop.
    """
    args = (
        asked.args
        if asked.kind is RequestKind.CALL
        else {"args": asked.args, "at": asked.at.isoformat()}
    )
    return binding.digest(str(run), asked.kind, asked.call, asked.tool, args)


def key(kind: str, tool: str, args: Mapping[str, Any], effect: str) -> str:
    """What the call is known by in other runs; "" for a request about none."""
    return call_keys.key(tool, args, effect) if kind == RequestKind.CALL else ""


def keyed(request: Request, args: Mapping[str, Any]) -> None:
    """The call is let through with these arguments, so it is known by them from now on."""
    request.call_key = key(request.kind, request.tool, args, request.effect)
    request.save(update_fields=["call_key"])


def decided(request: Request, *, act: AnswerAct, by: Actor, at: datetime, note: str) -> None:
    request.status, request.act, request.note, request.ended_at = (
        RequestStatus.DECIDED,
        act,
        note,
        at,
    )
    request.decided_by, request.decided_by_id = by.name, by.person
    request.save(update_fields=["status", "act", "decided_by", "decided_by_id", "note", "ended_at"])


def held(request: Request, answer: Mapping[str, Any], *, until: datetime) -> None:
    """Keep an answer that takes effect at `until`."""
    request.held, request.held_until = dict(answer), until
    request.save(update_fields=["held", "held_until"])


def released(request: Request, *, kept: bool = False) -> None:
    """Let go of the answer that was held back. `kept`: it stays to be read, since it never took
    effect.
    """
    request.held, request.held_until = request.held if kept else None, None
    request.save(update_fields=["held", "held_until"])


def voted(request: Request, result: Counted | NextStage) -> bool:
    """Count one more vote, and say whether its arguments changed. A change or another stage makes a
    new version of the request; people of another stage are told that it is theirs.
    """
    changed = bool(result.args != request.args)
    request.args = dict(result.args)
    request.call_key = key(request.kind, request.tool, request.args, request.effect)
    if isinstance(result, NextStage):
        request.stage = result.stage
        request.group, request.quorum = request.stages[result.stage]
        request.announced_at = None
    request.version += changed or isinstance(result, NextStage)
    request.save(
        update_fields=[
            "args", "call_key", "stage", "group", "quorum", "version", "announced_at",
        ]
    )  # fmt: skip
    return changed


def escalated(request: Request, terms: Terms, *, at: datetime) -> None:
    """Give the request to the next stage of these terms, with its whole time; it is announced
    again.
    """
    request.stages = [[each.group, each.quorum] for each in terms.stages]
    request.stage += 1
    request.group, request.quorum = request.stages[request.stage]
    request.on_expiry, request.escalated = terms.on_expiry, True
    request.expires_at = terms.expires_at(at)
    request.due = request.expires_at or datetime.fromisoformat(NEVER)
    request.version += 1
    request.announced_at = None
    request.save()


def closed(run: UUID, *, by: str, at: datetime, note: str) -> None:
    """Close the run's open questions about calls; the gate opens them again when it goes on."""
    open_now = Request.objects.filter(run=run, kind=RequestKind.CALL, status=RequestStatus.OPEN)
    open_now.update(status=RequestStatus.CLOSED, note=note, decided_by=by, ended_at=at)


def announced(requests: Iterable[int], *, at: datetime) -> None:
    Request.objects.filter(pk__in=list(requests)).update(announced_at=at)


def blanked(run: UUID) -> None:
    """Blank what the requests were about. Who was asked, who answered and when are kept."""
    Request.objects.filter(run=run).update(
        proposed={},
        args={},
        decided_args=None,
        sentence="",
        facts={},
        call_key="",
        line="",
        note="",
        held=None,
        held_until=None,
    )


def forgotten(run: UUID) -> None:
    Request.objects.filter(run=run).delete()


def text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, default=dict)


def unverified(facts: Mapping[str, Any]) -> bool:
    """Whether an argument came out of what somebody wrote, as far as the gate could tell."""
    marks = facts.get("tainted") or ()
    return any(not (isinstance(mark, Mapping) and mark.get("recorded")) for mark in marks)
