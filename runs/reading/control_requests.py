"""Who asked for the pause or the kill by which a run stands still, when and why. Pure: from events
of the journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console import figures
from console.journal.records import PEOPLE, JournalRecord, label_of
from runs.engine.vocabulary import StopReason

ASKED = {
    StopReason.USER_PAUSED: "run.pause_requested",
    StopReason.USER_KILLED: "run.kill_requested",
}


@dataclass(frozen=True, slots=True)
class ControlRequest:
    who: str
    at: datetime
    why: str = ""

    def sentence(self, now: datetime) -> str:
        """`At 17:38 UTC: it costs too much`; the day as well when it was another one."""
        at = figures.hour(self.at) if self.at.date() == now.date() else figures.moment(self.at)
        return f"At {at}{f': {self.why}' if self.why else ''}"


def pending(records: Sequence[JournalRecord], control: str) -> ControlRequest | None:
    """The request that no worker has confirmed yet."""
    return newest(records, f"run.{control}_requested") if control else None


def fulfilled(
    records: Sequence[JournalRecord], still: JournalRecord, reason: str
) -> ControlRequest | None:
    """The request by which the run stands still; None when a rule is the reason, or a person's
    answer to a request of the run.
    """
    kind = ASKED.get(StopReason(reason)) if reason and not still.rule else None
    own = control_request(still) if still.actor.startswith(PEOPLE) else None
    return (newest(records, kind) or own) if kind else None


def newest(records: Sequence[JournalRecord], kind: str) -> ControlRequest | None:
    record = next((each for each in reversed(records) if each.kind == kind), None)
    return control_request(record) if record else None


def control_request(record: JournalRecord) -> ControlRequest:
    return ControlRequest(
        label_of(record.actor),
        record.at,
        str(record.data.get("note") or record.data.get("detail") or ""),
    )
