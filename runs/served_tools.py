"""What people say about the tools of MCP servers: that a change is accepted, and what a tool does.

Each is one transaction with its event on the house's chain.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from console.journal import acting, append, edits
from console.outside import visible
from console.refused import Refused
from runs.models import McpServer, ServedTool
from runs.server_rows import override_problems

CHANGES, ADDS = "runs.change_mcpserver", "runs.add_mcpserver"
NOT_YOURS = "Only who may change MCP servers decides what their tools may be."
GONE = "This tool is not there any more."
CHANGED_AGAIN = "It has changed again since you looked: look at the new change first."
LEFT_OUT_ALREADY, OFFERED_ALREADY = "It is left out already.", "It is offered already."
ACCEPTED_ALREADY = "It is accepted already."


def allowed(actor: AbstractBaseUser) -> bool:
    return bool(actor.has_perm(CHANGES))  # type: ignore[attr-defined]


def adds(actor: AbstractBaseUser) -> bool:
    """Whether they may connect a server, on the page of the admin for that."""
    return bool(getattr(actor, "is_staff", False)) and bool(
        actor.has_perm(ADDS)  # type: ignore[attr-defined]
    )


def accept(*, tool: int, digest: str, actor: AbstractBaseUser, at: datetime) -> ServedTool:
    """Let runs call it as it is defined now: `digest` is that of the definition the person saw."""
    with transaction.atomic():
        row = locked(tool, actor)
        if not row.held:
            raise Refused(ACCEPTED_ALREADY)
        if row.digest != digest:
            raise Refused(CHANGED_AGAIN)
        who = acting.of(actor)
        facts = {"tool": str(row), "digest": row.digest, "was": row.accepted_digest}
        row.accepted_digest, row.accepted, row.accepted_by = row.digest, row.definition, who.name
        row.save(update_fields=["accepted_digest", "accepted", "accepted_by"])
        append.note(kind="tool.accepted", actor=who, at=at, data=facts)
    return row


def leave_out(*, tool: int, actor: AbstractBaseUser, at: datetime) -> ServedTool:
    """Offer it to no run from now on; those at work keep it until they are next taken up."""
    with transaction.atomic():
        row = locked(tool, actor)
        if row.left_out_by:
            raise Refused(LEFT_OUT_ALREADY)
        row.left_out_by = acting.of(actor).name
        said(row, "tool.left_out", actor, at)
    return row


def offer(*, tool: int, actor: AbstractBaseUser, at: datetime) -> ServedTool:
    """Offer a tool again that was left out; one that is held as well stays held."""
    with transaction.atomic():
        row = locked(tool, actor)
        if not row.left_out_by:
            raise Refused(OFFERED_ALREADY)
        row.left_out_by = ""
        said(row, "tool.offered", actor, at)
    return row


def said(row: ServedTool, kind: str, actor: AbstractBaseUser, at: datetime) -> None:
    """Keep what somebody said of a tool, with its event."""
    row.save(update_fields=["left_out_by"])
    facts = {"tool": str(row), "digest": row.digest}
    append.note(kind=kind, actor=acting.of(actor), at=at, data=facts)


def describe(
    *, tool: int, facts: Mapping[str, Any], actor: AbstractBaseUser, at: datetime
) -> ServedTool:
    """Say what it does to the world (`McpServer.overrides`), in place of what was said before."""
    with transaction.atomic():
        row = locked(tool, actor)
        wrong = list(override_problems(visible.line(row.name), facts))
        if wrong:
            raise Refused(" ".join(wrong))
        server = McpServer.objects.select_for_update().get(pk=row.server_id)
        before = edits.facts_of(server)
        server.overrides = {**server.overrides, row.name: dict(facts)}
        server.save(update_fields=["overrides"])
        after = edits.facts_of(server)
        if before != after:
            who = acting.of(actor)
            edits.note(verb="changed", row=server, before=before, after=after, actor=who, at=at)
    return row


def locked(tool: int, actor: AbstractBaseUser) -> ServedTool:
    if not allowed(actor):
        raise Refused(NOT_YOURS)
    rows = ServedTool.objects.select_for_update(of=("self",)).select_related("server")
    row = rows.filter(pk=tool).first()
    if row is None:
        raise Refused(GONE)
    return row
