"""Values too big for a row: stored beside the journal, each owned by one event, with a marker that
shows how they begin and end.

The digest of an event covers the marker and the marker names the salted digest of the value, so the
chain proves the value as well. The salt is the value's own and is erased with it: what is left of
an erased value cannot be guessed back.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import psycopg

from console.journal.canonical_json import canonical
from console.journal.records import JournalRecord, SpilledValue
from console.json_value import Json

LIMIT = 64 * 1024
LONGEST = 256 * 1024 * 1024
HEAD, TAIL = 4_000, 1_000
MARK = "$spilled"
# a reader gets these as markers; everything else whole, since a run is folded from it
SHORTENED = frozenset({"result", "error"})


SALT = 16
Random = Callable[[int], bytes]
"""A source of so many random bytes: `os.urandom`, except in tests."""


def spill(
    record: JournalRecord, text: str, random: Random
) -> tuple[JournalRecord, str, tuple[SpilledValue, ...]]:
    """The record with its biggest values replaced by markers until its data fits into `LIMIT`
    bytes, and those values.
    """
    if len(text) * 4 <= LIMIT or len(text.encode()) <= LIMIT:
        return record, text, ()
    data, blobs = dict(record.data), []
    sizes = {key: len(canonical(value)) for key, value in data.items() if key != "$sanitised"}
    for key in sorted(sizes, key=lambda name: sizes[name], reverse=True):
        data[key], blob = _marker(data[key], random)
        blobs.append(blob)
        text = canonical(data)
        if len(text.encode()) <= LIMIT:
            break
    return replace(record, data=data), text, tuple(blobs)


def _marker(value: Json, random: Random) -> tuple[dict[str, Json], SpilledValue]:
    text = value if isinstance(value, str) else canonical(value)
    whole = text.encode()
    content, salt = whole[:LONGEST], random(SALT)
    blob = SpilledValue(hashlib.sha256(salt + content).digest(), salt, len(whole), content)
    mark: dict[str, Json] = {
        "sha256": blob.sha256.hex(),
        "size": blob.size,
        "form": "text" if isinstance(value, str) else "json",
        "head": text[:HEAD],
        "tail": text[-TAIL:],
    }
    if len(whole) > LONGEST:
        mark["kept"] = LONGEST
    return {MARK: mark}, blob


def for_readers(whole: JournalRecord, kept: JournalRecord) -> JournalRecord:
    """The record as it will be read back: only results and errors stay markers."""
    if kept.data is whole.data:
        return whole
    return replace(
        whole,
        data={
            key: kept.data[key] if key in SHORTENED else value for key, value in whole.data.items()
        },
    )


def marker(value: Json) -> Mapping[str, Json] | None:
    """The marker, when the value is one; None for any other value."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get(MARK), dict):
        return value[MARK]  # type: ignore[no-any-return]
    return None


def markers(data: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """The markers of one event's spilled values, by key."""
    found = {key: marker(value) for key, value in data.items()}
    return {key: mark for key, mark in found.items() if mark is not None}


def references(data: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The marks of all that is kept beside one event: its spilled values and its pictures."""
    pictures = data.get("pictures")
    kept = pictures if isinstance(pictures, list) else []
    return [*markers(data).values(), *(each for each in kept if isinstance(each, dict))]


def insertion(owner: bytes, blob: SpilledValue) -> tuple[str, tuple[object, ...]]:
    """The statement that keeps a blob of the event whose digest is `owner`, and its parameters.

    Harmless when it is done twice.

    It comes before the append: a blob that nobody refers to does no harm, a marker without its blob
    would.
    """
    text = (
        "INSERT INTO journal_blob (sha256, owner, salt, size, content) VALUES (%b, %b, %b, %s, %b)"
        " ON CONFLICT DO NOTHING"
    )
    return text, (blob.sha256, owner, blob.salt, blob.size, blob.content)


def restored(connection: psycopg.Connection[Any], data: Mapping[str, Json]) -> Mapping[str, Json]:
    """The data with its spilled values whole again, except results, errors, and values that were
    too long to keep.
    """
    found = {
        key: mark
        for key, mark in markers(data).items()
        if key not in SHORTENED and "kept" not in mark
    }
    return (
        {**data, **{key: load(connection, mark) for key, mark in found.items()}} if found else data
    )


def load(connection: psycopg.Connection[Any], mark: Mapping[str, Json]) -> Json:
    """The value behind a marker. Raises LookupError when its blob is missing or was erased."""
    return read(content(connection, mark["sha256"]), mark)


def read(kept: bytes, mark: Mapping[str, Json]) -> Json:
    """The value that was kept as these bytes: a text, JSON, or bytes as base64."""
    if mark["form"] == "base64":
        return base64.b64encode(kept).decode()
    return kept.decode() if mark["form"] == "text" else json.loads(kept)


def content(connection: psycopg.Connection[Any], sha256: str) -> bytes:
    """The content stored under a digest. Raises LookupError when there is none any more."""
    query = "SELECT content FROM journal_blob WHERE sha256 = %b"
    found = (
        psycopg.Cursor(connection).execute(query, (bytes.fromhex(sha256),), binary=True).fetchone()
    )
    if found is None:
        raise LookupError(f"blob {sha256} is not in the journal")
    if found[0] is None:
        raise LookupError(f"blob {sha256} was erased")
    return bytes(found[0])
