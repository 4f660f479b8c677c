"""Bug reports: reading, sorting, joining duplicates, answering. All of it can be undone."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from console.json_value import Json
from runs.demo import idempotency
from runs.demo.latency import takes
from runs.demo.models import Comment, Ticket, TicketChange
from runs.demo.tools.knowledge import matching
from runs.demo.tools.shapes import LongText, SearchText, TicketId
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


Component = Annotated[
    str, Field(max_length=24, description="checkout, search, account, app or warehouse")
]


def ticket_of(number: int) -> Ticket:
    ticket = Ticket.objects.filter(number=number).first()
    if ticket is None:
        raise ToolError(f"There is no ticket {number}.")
    return ticket


def summary(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket": ticket.number,
        "title": ticket.title,
        "status": ticket.status,
        "severity": ticket.severity,
        "component": ticket.component,
    }


@tool(effect=Effect.READ, timeout=10)
@takes(0.5)
def list_tickets(status: Ticket.Status = Ticket.Status.NEW, limit: int = 20) -> dict[str, Any]:
    """Tickets of one status, newest first."""
    tickets = Ticket.objects.filter(status=status).order_by("-opened_at", "-number")
    return {
        "count": tickets.count(),
        "tickets": [summary(ticket) for ticket in tickets[: max(1, min(limit, 50))]],
    }


@tool(effect=Effect.READ, timeout=10)
@takes(0.3)
def get_ticket(ticket_id: TicketId) -> dict[str, Any]:
    """One ticket, whole, with its comments."""
    ticket = ticket_of(ticket_id)
    comments = [
        comment.text for comment in ticket.comments.filter(undone_at=None).order_by("at")[:20]
    ]
    return summary(ticket) | {
        "body": ticket.body,
        "reporter": ticket.reporter,
        "opened": ticket.opened_at,
        "comments": comments,
    }


@tool(effect=Effect.READ, timeout=10)
@takes(0.6)
def search_tickets(query: SearchText, limit: int = 5) -> list[dict[str, Any]]:
    """Tickets that speak of something similar."""
    found = Ticket.objects.filter(matching(query, "title", "body")).order_by("-opened_at")[
        : max(1, min(limit, 20))
    ]
    return [summary(ticket) for ticket in found]


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=15,
    scope="tickets:write",
)
@takes(0.4)
def update_ticket(
    ticket_id: TicketId, severity: Severity, component: Component, context: ToolContext
) -> dict[str, Any]:
    """Say how bad a bug is and where it is; marks the ticket triaged."""
    return changed(
        ticket_of(ticket_id),
        {"severity": severity, "component": component, "status": Ticket.Status.TRIAGED},
        context,
    )


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=15,
    scope="tickets:write",
)
@takes(0.4)
def link_duplicate(
    ticket_id: TicketId, duplicate_of: TicketId, context: ToolContext
) -> dict[str, Any]:
    """Mark a ticket as a duplicate of an older one."""
    if ticket_id == duplicate_of:
        raise ToolError("A ticket cannot be its own duplicate.")
    return changed(
        ticket_of(ticket_id),
        {"status": Ticket.Status.DUPLICATE, "duplicate_of_id": ticket_of(duplicate_of).pk},
        context,
    )


def changed(ticket: Ticket, after: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    """Change fields of the ticket once a key, remembering what they were."""
    before = {field: getattr(ticket, field) for field in after}
    change = idempotency.once(
        TicketChange,
        context,
        first=lambda: write(ticket.pk, after),
        ticket=ticket,
        before=before,
        after=after,
    )
    return {"ticket": ticket.number, "before": change.before, "after": change.after}


def write(ticket: int, fields: dict[str, Any]) -> None:
    Ticket.objects.filter(pk=ticket).update(**fields)


@update_ticket.lookup
@link_duplicate.lookup
def find_change(context: ToolContext) -> Json:
    change = idempotency.found(TicketChange, context)
    return (
        None
        if change is None
        else {"ticket": change.ticket.number, "before": change.before, "after": change.after}
    )


@update_ticket.undo
@link_duplicate.undo
def put_back(context: ToolContext) -> Json:
    return {
        "put_back_at": idempotency.undone(
            TicketChange, context, lambda change: write(change.ticket_id, change.before)
        )
    }


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=15,
    scope="tickets:write",
)
@takes(0.4)
def add_comment(ticket_id: TicketId, text: LongText, context: ToolContext) -> dict[str, Any]:
    """Answer on a ticket; the reporter sees it. It can be taken down."""
    return {
        "comment": idempotency.once(Comment, context, ticket=ticket_of(ticket_id), text=text).pk,
        "ticket": ticket_id,
    }


@add_comment.lookup
def find_comment(context: ToolContext) -> Json:
    comment = idempotency.found(Comment, context)
    return None if comment is None else {"comment": comment.pk, "ticket": comment.ticket.number}


@add_comment.undo
def take_down(context: ToolContext) -> Json:
    return {"taken_down_at": idempotency.undone(Comment, context)}
