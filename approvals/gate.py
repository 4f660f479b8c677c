"""The engine's ApprovalGate: requests opened and ended by SQL in the very transaction of the events
that say so; and what a run asks.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from approvals import cards
from approvals.models import Request
from approvals.models.request import NEVER
from approvals.rules import binding, changes, wording
from approvals.rules.changes import Change, Ended, Granted, Opened, Reopened, Revoked, Used
from approvals.rules.vocabulary import Kind, Status
from policies.authority import Question
from runs.engine.effects import Statement
from runs.engine.events import Event
from runs.engine.state import State

GIVEN = (
    "kind", "call", "step", "tool", "proposed", "args", "effect", "undo", "rule", "sentence",
    "facts", "digest", "line", "tainted",
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

OPEN = f"""INSERT INTO approvals_request (run_id, agent, agent_title, starter, correlation_id,
    {COLUMNS})
    SELECT run.id, agent.name, agent.title, starter.username, run.correlation_id, {VALUES}
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
    ended_at = NULL, announced_at = NULL,
    expires_at = %s::timestamptz + make_interval(secs => ttl), due = COALESCE(%s::timestamptz +
    make_interval(secs => ttl), due)
    WHERE run_id = %s AND kind = 'call' AND status = 'closed' AND call = ANY(%s)"""
GIVE = """INSERT INTO approvals_grant (run_id, name, tool, args, free, "limit", used, given_by,
    given_by_id, given_at,
    revoked_by, revoked_by_id)
    VALUES (%s, %s, %s, %s::jsonb, %s::jsonb, %s, 0, %s, %s, %s, '', '')
    ON CONFLICT (run_id, name) DO NOTHING"""
USE = "UPDATE approvals_grant SET used = used + 1 WHERE run_id = %s AND name = %s"
REVOKE = (
    "UPDATE approvals_grant SET revoked_at = %s, revoked_by = %s, revoked_by_id = %s WHERE run_id ="
    " %s AND name = %s"
)
# names and values come from the code; whatever a planner or a person said is a parameter


class Gate:
    """Costs one look at the kinds of the events; only what asks a person, or answers one, becomes
    SQL.
    """

    def statements(self, run: UUID, events: Sequence[Event], after: State) -> Sequence[Statement]:
        return [statement(run, change) for change in changes.changes(events, after)]

    def question(self, run: UUID) -> Question | None:
        """By one request at most does a run stand still: its calls are asked for while it waits."""
        found = (
            Request.objects.filter(run=run, status=Status.OPEN)
            .exclude(kind=Kind.CALL)
            .select_related("run")
            .first()
        )
        return cards.card_of(found, found.run).question if found else None


def statement(run: UUID, change: Change) -> Statement:
    match change:
        case Opened():
            return OPEN, (*(row(run, change)[name] for name in GIVEN), run)
        case Ended():
            return ended(run, change)
        case Reopened():
            return REOPEN, (change.at, change.at, run, list(change.calls))
        case Granted():
            facts = (
                change.tool,
                text(change.args),
                text(change.free),
                change.limit,
                change.by,
                change.person,
                change.at,
            )
            return GIVE, (run, change.grant, *facts)
        case Used():
            return USE, (run, change.grant)
        case Revoked():
            return REVOKE, (change.at, change.by, change.person, run, change.grant)


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
        "line": wording.line(asked.kind, asked.tool, asked.args, asked.sentence, asked.call),
        "tainted": bool(asked.facts.get("tainted")),
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
        "status": Status.OPEN.value,
        "act": "",
        "decided_by": "",
        "decided_by_id": "",
        "note": "",
    }


def digest(run: UUID, asked: Opened) -> str:
    """What is no call has no arguments to bind to: its moment takes their place, so that no old
    form fits a new stop.
    """
    args = (
        asked.args if asked.kind is Kind.CALL else {"args": asked.args, "at": asked.at.isoformat()}
    )
    return binding.digest(str(run), asked.kind, asked.call, asked.tool, args)


def text(value: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(value, default=dict)
