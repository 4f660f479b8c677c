"""One frame to the browsers after each commit: the run's row as it now stands, and the range of events it stands for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from console.live.frames import Frame
from console.live.publish import publish
from runs.engine.events import Event
from runs.engine.projection import COLUMNS, project
from runs.engine.state import State
from runs.models import Run


def announce(run: UUID, first: int, seq: int, at: datetime, state: State, events: Sequence[Event]) -> None:
    """Never raises: a lost frame is made good by the next one, or by the journal."""
    publish(Frame(str(run), seq, first, at.isoformat(), project(state), tuple(event.kind for event in events)))


def announce_row(run: Run, first: int, at: datetime, kinds: tuple[str, ...]) -> None:
    """The same for an act on the row itself."""
    publish(Frame(str(run.id), run.seq, first, at.isoformat(), {column: getattr(run, column) for column in COLUMNS}, kinds))
