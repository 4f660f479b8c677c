"""Requests kept in memory exactly as `approvals.approval_gate` keeps them in the database:
opened, ended and reopened by the run's events.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from approvals.rules import binding, request_changes
from approvals.rules.card import Card, CountedVote
from approvals.rules.change_of_requests import (
    Ended,
    Granted,
    Noticed,
    Opened,
    Reopened,
    Revoked,
    Used,
)
from approvals.rules.request_vocabulary import RequestStatus
from approvals.rules.terms import Terms
from runs.engine.events import RunEvent
from runs.engine.state import RunState


@dataclass
class RequestInMemory:
    """One request. `ends` counts how often it was ended, which must be once."""

    id: int
    run: str
    opened: Opened
    digest: str
    args: Mapping[str, Any]
    terms: Terms
    expires_at: datetime | None
    status: RequestStatus = RequestStatus.OPEN
    stage: int = 0
    version: int = 1
    escalated: bool = False
    act: str = ""
    by: str = ""
    why: str = ""
    ended_at: datetime | None = None
    decided_args: Mapping[str, Any] | None = None
    votes: list[CountedVote] = field(default_factory=list)
    ends: int = 0

    @property
    def is_open(self) -> bool:
        return self.status is RequestStatus.OPEN

    def card(self, *, killed: bool) -> Card:
        return Card(
            kind=self.opened.kind,
            digest=self.digest,
            terms=self.terms,
            args=self.args,
            starter="user:starter",
            status=self.status,
            stage=self.stage,
            version=self.version,
            escalated=self.escalated,
            expires_at=self.expires_at,
            killed=killed,
            act=self.act,
            by=self.by,
            decider=self.by,
            why=self.why,
            ended_at=self.ended_at,
        )


class RequestStore:
    """All requests of all runs, by id; those of one run by its name."""

    def __init__(self) -> None:
        self.rows: list[RequestInMemory] = []
        self._of_run: dict[str, list[RequestInMemory]] = {}
        self._open_now: dict[int, RequestInMemory] = {}

    def of_run(self, run: str) -> Sequence[RequestInMemory]:
        return self._of_run.get(run, ())

    def open(self) -> list[RequestInMemory]:
        return list(self._open_now.values())

    def hear(self, run: str, events: Sequence[RunEvent], after: RunState) -> None:
        for change in request_changes.changes(events, after):
            match change:
                case Opened():
                    self._open(run, change)
                case Ended():
                    self._end(run, change)
                case Reopened():
                    self._reopen(run, change)
                case Granted() | Used() | Revoked() | Noticed():
                    pass  # nobody gives a session approval here, and nobody is told of runs

    def _open(self, run: str, asked: Opened) -> None:
        if any(self._matching(run, (asked.kind,), asked.call)):
            return
        digest = binding.digest(run, asked.kind, asked.call, asked.tool, asked.args)
        row = RequestInMemory(
            len(self.rows),
            run,
            asked,
            digest,
            asked.args,
            asked.terms,
            asked.terms.expires_at(asked.at),
        )
        self.rows.append(row)
        self._open_now[row.id] = row
        self._of_run.setdefault(run, []).append(row)

    def _end(self, run: str, end: Ended) -> None:
        for row in list(self._matching(run, end.kinds, end.call)):
            row.status, row.act, row.by, row.why, row.ended_at = (
                end.status,
                end.act,
                end.by,
                end.why,
                end.at,
            )
            row.decided_args = end.args
            row.ends += 1
            self._open_now.pop(row.id, None)

    def _reopen(self, run: str, change: Reopened) -> None:
        for row in self.of_run(run):
            if row.opened.call in change.calls and row.status is RequestStatus.CLOSED:
                row.status, row.act, row.ended_at, row.ends = (
                    RequestStatus.OPEN,
                    "",
                    None,
                    row.ends - 1,
                )
                self._open_now[row.id] = row

    def _matching(self, run: str, kinds: Sequence[str], call: str) -> Iterator[RequestInMemory]:
        return (
            row
            for row in self.of_run(run)
            if row.is_open and row.opened.kind in kinds and call in ("", row.opened.call)
        )
