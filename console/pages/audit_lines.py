"""An event of the journal as words and figures for the audit page and its exports.

Text only; times in UTC.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.journal import selectors, spill
from console.journal.records import HOUSE_KEY, JournalRecord, Stored, label_of
from console.journal.selectors import Hidden, JournalPage
from console.pages import audit_words
from runs.reading import damaged_rows, rulings

Proposals = Mapping[str, Mapping[str, Any]]
"""The arguments that requests proposed, by the requests' numbers."""
NONE: Proposals = {}
INLINE = 4_000
READERS = {
    "visible": "everybody",
    "user_hidden": "operators",
    "always_hidden": "auditors, each look recorded",
}
ERASED = "Content erased: the run's content.erased event says when and by whom."
SAID = (
    "sentence",
    "text",
    "goal",
    "thought",
    "final",
    "reason",
    "message",
    "error",
    "note",
    "why",
    "what",
)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One event. `said` is its content in a few words; `more` says that `content` is only the
    beginning.
    """

    id: int
    day: str
    time: str
    iso: str
    minute: str
    who: str
    kind: str
    step: str
    tool: str
    outcome: str
    bad: bool
    said: str
    run: str
    run_short: str
    seq: int
    correlation: str
    correlation_short: str
    facts: tuple[tuple[str, str], ...]
    content: str
    more: bool
    apart: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HiddenEvents:
    """Events that this reader may not see; `ids` are those that they may look at one by one."""

    count: int
    ids: tuple[int, ...]


def lines(page: JournalPage, proposals: Proposals = NONE) -> list[AuditLine | HiddenEvents]:
    """The entries of a page. `proposals`: what was asked by the requests that they decide."""
    return [
        HiddenEvents(entry.count, entry.ids)
        if isinstance(entry, Hidden)
        else line(entry, proposals=proposals)
        for entry in page.entries
    ]


def line(stored: Stored, most: int | None = INLINE, *, proposals: Proposals = NONE) -> AuditLine:
    """One event as a line. `most`: the longest content to show, None for all of it. An event that
    cannot be read says so in its place.
    """
    return damaged_rows.reading(lambda rows: written(rows[0], most, proposals), [stored])


def written(stored: Stored, most: int | None, proposals: Proposals) -> AuditLine:
    record = stored.record
    proposed = proposals.get(str(record.data.get("request") or ""))
    content = pretty(record.data)
    run, correlation = (
        str(key) if key != HOUSE_KEY else "" for key in (stored.run, record.correlation_id)
    )
    return AuditLine(
        id=stored.id,
        day=f"{record.at:%Y-%m-%d}",
        time=f"{record.at:%H:%M:%S}.{record.at.microsecond // 1000:03}",
        iso=record.at.isoformat(),
        minute=f"{record.at:%Y-%m-%dT%H:%M:%S}Z",
        who=label_of(record.actor),
        kind=record.kind,
        step="" if record.step is None else str(record.step),
        tool=record.tool,
        outcome=outcome(record),
        bad=record.outcome not in ("", "ok")
        or record.verdict == "failed"
        or record.kind.endswith(("_failed", ".refused")),
        said=ERASED
        if stored.erased
        else brief(audit_words.said(record, proposed)) or said(record.data),
        run=run,
        run_short=run[:8],
        seq=stored.seq,
        correlation=correlation,
        correlation_short=correlation[:8],
        facts=tuple(facts(stored)),
        content=content if most is None or len(content) <= most else content[:most] + "…",
        more=most is not None and len(content) > most,
        apart=tuple((key, size(mark["size"])) for key, mark in selectors.markers(stored).items()),
    )


def outcome(record: JournalRecord) -> str:
    """Outcome and verdict of a call; both when they differ."""
    return ", ".join(word for word in (record.outcome, record.verdict) if word)


def said(data: Mapping[str, Any]) -> str:
    """The first text in the data, else what was asked or came back, else its plain values."""
    words = next((data[key] for key in SAID if isinstance(data.get(key), str) and data[key]), None)
    value = next((data[key] for key in ("args", "result") if data.get(key) not in (None, "")), None)
    plain = [
        f"{key} {each}"
        for key, each in data.items()
        if isinstance(each, str | int | float) and each != ""
    ]
    return brief(words or (compact(value) if value is not None else ", ".join(plain)))


def brief(text: str) -> str:
    flat = " ".join(text[:400].split())
    return flat if len(flat) <= 140 else flat[:139] + "…"


def compact(value: Any) -> str:
    """A value on one line; for one that is kept apart, how it begins."""
    mark = spill.marker(value)
    if mark is not None:
        return str(mark["head"])[:400]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def facts(stored: Stored) -> list[tuple[str, str]]:
    """The columns that hold something, as label and value."""
    record = stored.record
    found = {
        "Time": f"{record.at:%Y-%m-%d %H:%M:%S.%f} UTC",
        "Who": record.actor,
        "Person": f"person:{record.person}" if record.person else "",
        "Event": f"{stored.id} · number {stored.seq} of its chain",
        "What": f"{record.kind} {record.tool}".strip(),
        "Outcome": outcome(record),
        "Step": "" if record.step is None else str(record.step),
        "Rule": f"{record.rule} v{version}"
        if (version := rulings.version(record)) and record.rule
        else record.rule,
        "Took": "" if record.duration is None else f"{record.duration:.6f} s",
        "Tokens": f"{record.tokens_in:,} in, {record.tokens_out:,} out"
        if record.tokens_in or record.tokens_out
        else "",
        "Cost": "" if record.usd is None else f"${record.usd.normalize():f}",
        "Span": record.span,
        "May be read by": {
            "visible": "everybody",
            "user_hidden": "operators",
            "always_hidden": "auditors, each look recorded",
        }[record.visibility],
    }
    return [(label, value) for label, value in found.items() if value]


def pretty(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) if data else ""


def size(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB" if count >= 1_000_000 else f"{count / 1_000:,.1f} kB"
