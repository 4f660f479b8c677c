"""The shared calendar: what is on, and adding to it."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from console.json_value import Json
from runs.demo import idempotency
from runs.demo.latency import takes
from runs.demo.models import CalendarEvent
from runs.demo.tools.shapes import Email, ShortText
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool

Attendees = Annotated[list[Email], Field(description="E-mail addresses", max_length=200)]
MeetingPlace = Annotated[str, Field(max_length=80)]


@tool(effect=Effect.READ, timeout=10)
@takes(0.3)
def list_events(on: date) -> list[dict[str, Any]]:
    """What is in the calendar on a day."""
    return [
        entry(event)
        for event in CalendarEvent.objects.filter(starts_at__date=on, undone_at=None).order_by(
            "starts_at"
        )
    ]


@tool(
    effect=Effect.REVERSIBLE,
    idempotent=True,
    undo_idempotent=True,
    timeout=15,
    scope="calendar:write",
)
@takes(0.5)
def create_event(
    title: ShortText,
    start: datetime,
    end: datetime,
    attendees: Attendees,
    context: ToolContext,
    place: MeetingPlace = "",
) -> dict[str, Any]:
    """Put an event into the calendar and invite people. It can be cancelled."""
    if end <= start:
        raise ToolError("The event must end after it starts.")
    event = idempotency.once(
        CalendarEvent,
        context,
        title=title[:120],
        starts_at=start,
        ends_at=end,
        attendees=attendees,
        place=place,
    )
    return entry(event)


def entry(event: CalendarEvent) -> dict[str, Any]:
    return {
        "event": event.pk,
        "title": event.title,
        "start": event.starts_at,
        "end": event.ends_at,
        "attendees": event.attendees,
        "place": event.place,
    }


@create_event.lookup
def find_event(context: ToolContext) -> Json:
    event = idempotency.found(CalendarEvent, context)
    return None if event is None else entry(event)


@create_event.undo
def cancel_event(context: ToolContext) -> Json:
    return {"cancelled_at": idempotency.undone(CalendarEvent, context)}
