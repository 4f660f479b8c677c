"""The envelope of every event: when, who, and who may read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from runs.engine.engine_errors import BadEvent
from runs.engine.vocabulary import Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """The envelope: when (UTC, the writer's clock), who, and who may read it.

    `actor` is what people read, `person` the opaque id of the person behind it; empty for what no
    person did.
    """

    kind: ClassVar[str] = ""
    at: datetime
    actor: str = "supervisor"
    person: str = ""
    visibility: Visibility = Visibility.USER_HIDDEN

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise BadEvent(f"{self.kind}: a time without a zone")
