"""Records as rows: envelope, salted content, digest, the parameters of the insert.

One fast path; everything odd goes to `cleaning`.

Format 2: `body = sha256(salt + data)`, `digest = sha256(envelope + body)`. The envelope is the
canonical JSON map of the row's named fields that hold something (not null, not an empty text), so a
column added later changes no digest made before it. `data` is stored as the very text that was
digested; erased, salt and data are gone and the body still proves.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from decimal import Decimal
from json.encoder import encode_basestring
from operator import gt
from typing import Any

from console.journal import cleaning, spill
from console.journal.canonical_json import canonical
from console.journal.records import JournalRecord, SpilledValue, text_of
from console.json_value import Json

FORMAT = 2
"""The form of a row, which is kept with each: a reader refuses a number that it does not know."""

WIDTHS = {
    "actor": 200, "kind": 80, "tool": 200, "outcome": 40, "verdict": 40, "rule": 200, "span": 32,
    "agent": 200, "principal": 64,
    "model": 200, "external_id": 200, "person": 64,
}  # fmt: skip
_WIDEST = tuple(WIDTHS.values())
INT4, INT8, NUMERIC, SECONDS = 2**31, 2**63, Decimal(10) ** 11, 1e9
NANO = Decimal("0.000000001")
# What encodes well and still would not come back the same from jsonb: NUL, big floats, minus zero,
# keys that were numbers (sorted as such), and our own markers. A false alarm costs one slow walk
# and changes nothing. Plain searches first: patterns cost 10 times as much.
_BIG = re.compile(r"e\+\d")
_KEY = re.compile(r'"(?:-?\d[^"\\]*+|true|false|null)":')


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """A record ready for the insert. `record` is what a reader will get back, with markers where
    values are kept apart.
    """

    record: JournalRecord
    digest: bytes
    params: tuple[str | None, ...]
    blobs: tuple[SpilledValue, ...]

    def insertions(self) -> list[tuple[str, tuple[object, ...]]]:
        """The statements that store its spilled values."""
        return [spill.insertion(self.digest, blob) for blob in self.blobs]


COLUMNS = {
    "format": "smallint", "ts": "timestamptz", "correlation_id": "uuid", "span": "text",
    "actor": "text", "kind": "text",
    "step": "integer", "tool": "text", "outcome": "text", "verdict": "text", "rule": "text",
    "tokens_in": "bigint",
    "tokens_out": "bigint", "usd": "numeric", "duration_us": "bigint", "visibility": "text",
    "agent": "text", "principal": "text",
    "model": "text", "external_id": "text", "person": "text", "data": "text", "salt": "bytea",
    "body": "bytea", "digest": "bytea",
}  # fmt: skip
CONTENT = ("data", "salt")
"""The columns that erasing empties."""


def row(record: JournalRecord, random: spill.Random = os.urandom) -> EncodedRow:
    """Everything that an insert of this record needs. Never raises, whatever a tool, a planner or a
    person has said.
    """
    beside = record.beside
    record, text = _storable(replace(record, beside=()) if beside else record)
    kept, text, blobs = spill.spill(record, text, random)
    at, usd, microseconds = _at(kept), _usd(kept), _microseconds(kept)
    correlation = text_of(kept.correlation_id)
    salt = random(spill.SALT)
    body = body_of(salt, text.encode())
    digest = digest_of(_envelope(kept, at, correlation, usd, microseconds), body)
    step = None if kept.step is None else str(kept.step)
    duration = None if microseconds is None else str(microseconds)
    params = (
        "2", at, correlation, str(kept.span), str(kept.actor), str(kept.kind), step, str(kept.tool),
        str(kept.outcome),
        str(kept.verdict), str(kept.rule), str(kept.tokens_in), str(kept.tokens_out), usd, duration,
        str(kept.visibility),
        str(kept.agent), str(kept.principal), str(kept.model), str(kept.external_id),
        str(kept.person), text,
        "\\x" + salt.hex(), "\\x" + body.hex(), "\\x" + digest.hex(),
    )  # fmt: skip
    return EncodedRow(spill.for_readers(record, kept), digest, params, (*blobs, *beside))


def body_of(salt: bytes, data: bytes) -> bytes:
    """The digest of a row's content: `data` is its canonical JSON as stored."""
    return hashlib.sha256(salt + data).digest()


def digest_of(envelope: bytes, body: bytes) -> bytes:
    """The digest of a row."""
    return hashlib.sha256(envelope + body).digest()


def envelope_of(record: JournalRecord) -> bytes:
    """The envelope of a record as it is read back."""
    return _envelope(
        record, _at(record), text_of(record.correlation_id), _usd(record), _microseconds(record)
    )


def _envelope(
    record: JournalRecord, at: str, correlation: str, usd: str | None, microseconds: int | None
) -> bytes:
    """The canonical JSON of the fields that hold something. Written by hand, since the encoder
    takes longer and every step pays for it.
    """
    parts = (
        f'"actor":{encode_basestring(record.actor)}' if record.actor else "",
        f'"agent":{encode_basestring(record.agent)}' if record.agent else "",
        f'"correlation_id":"{correlation}"',
        "" if microseconds is None else f'"duration_us":{microseconds}',
        f'"external_id":{encode_basestring(record.external_id)}' if record.external_id else "",
        f'"format":{FORMAT}',
        f'"kind":{encode_basestring(record.kind)}' if record.kind else "",
        f'"model":{encode_basestring(record.model)}' if record.model else "",
        f'"outcome":{encode_basestring(record.outcome)}' if record.outcome else "",
        f'"person":{encode_basestring(record.person)}' if record.person else "",
        f'"principal":{encode_basestring(record.principal)}' if record.principal else "",
        f'"rule":{encode_basestring(record.rule)}' if record.rule else "",
        f'"span":{encode_basestring(record.span)}' if record.span else "",
        "" if record.step is None else f'"step":{record.step}',
        f'"tokens_in":{record.tokens_in},"tokens_out":{record.tokens_out}',
        f'"tool":{encode_basestring(record.tool)}' if record.tool else "",
        f'"ts":"{at}"',
        "" if usd is None else f'"usd":"{usd}"',
        f'"verdict":{encode_basestring(record.verdict)}' if record.verdict else "",
        f'"visibility":{encode_basestring(record.visibility)}' if record.visibility else "",
    )
    return f"{{{','.join(filter(None, parts))}}}".encode()


def _at(record: JournalRecord) -> str:
    at = record.at if record.at.tzinfo is UTC else record.at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")


# + 0: PostgreSQL knows no minus zero
def _usd(record: JournalRecord) -> str | None:
    return None if record.usd is None else f"{record.usd.quantize(NANO) + 0:f}"


def _microseconds(record: JournalRecord) -> int | None:
    return None if record.duration is None else round(record.duration * 1_000_000)


def _storable(record: JournalRecord) -> tuple[JournalRecord, str]:
    """The record as it can be stored and its data as canonical JSON: the record itself unless
    something had to change.
    """
    text = _fast(record.data) if _plain(record) else None
    if text is not None:
        return record, text
    columns, notes = _columns(record)
    data = cleaning.clean(dict(record.data), notes)
    if notes.lines:
        data["$sanitised"] = notes.written()
    return replace(record, data=data, **columns), canonical(data)


def _fast(data: Mapping[str, Json]) -> str | None:
    try:
        text = canonical(dict(data))
        text.encode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        return None
    if (
        "\\u0000" in text
        or "-0.0" in text
        or '"$s' in text
        or ("e+" in text and _BIG.search(text))
        or _KEY.search(text)
    ):
        return None
    nested = text.count("{") + text.count("[") > cleaning.MAX_DEPTH and cleaning.deeper_than(
        data, cleaning.MAX_DEPTH
    )
    return None if nested else text


def _plain(record: JournalRecord) -> bool:
    """Whether every column can be stored as it is; nearly always."""
    texts = (
        record.actor, record.kind, record.tool, record.outcome, record.verdict, record.rule,
        record.span, record.agent,
        record.principal, record.model, record.external_id, record.person,
    )  # fmt: skip
    whole, step, usd, duration = "".join(texts), record.step, record.usd, record.duration
    return (
        whole.isascii()
        and "\x00" not in whole
        and not any(map(gt, map(len, texts), _WIDEST))
        and (step is None or -INT4 <= step < INT4)
        and -INT8 <= record.tokens_in < INT8
        and -INT8 <= record.tokens_out < INT8
        and (usd is None or (usd.is_finite() and abs(usd) < NUMERIC))
        and (duration is None or abs(duration) < SECONDS)
    )


def _columns(record: JournalRecord) -> tuple[dict[str, Any], cleaning.Notes]:
    """Columns that must change to be storable, with a note for each."""
    changed: dict[str, Any] = {}
    notes = cleaning.Notes()
    for name, width in WIDTHS.items():
        _column_text(name, getattr(record, name), width, changed, notes)
    for name, number, limit in (
        ("step", record.step, INT4),
        ("tokens_in", record.tokens_in, INT8),
        ("tokens_out", record.tokens_out, INT8),
    ):
        if number is not None and not -limit <= number < limit:
            changed[name] = max(-limit, min(limit - 1, number))
            notes.add(
                name, f"out of range, was {number:.6e}" if abs(number) < 10**300 else "out of range"
            )
    if record.usd is not None and not (record.usd.is_finite() and abs(record.usd) < NUMERIC):
        changed["usd"] = None
        notes.add("usd", f"not an amount, was {record.usd}")
    if record.duration is not None and not abs(record.duration) < SECONDS:
        changed["duration"] = None
        notes.add("duration", f"not a duration, was {record.duration}")
    return changed, notes


def _column_text(
    name: str, value: str, width: int, changed: dict[str, Any], notes: cleaning.Notes
) -> None:
    text, wrong = cleaning.clean_text(value)
    if len(text) > width:
        text, wrong = text[: width - 1] + "…", f"{wrong} cut from {len(text)} characters".strip()
    if wrong:
        changed[name] = text
        notes.add(name, wrong)
