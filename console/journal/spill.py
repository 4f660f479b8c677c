"""Values too big for a row: stored once beside the journal under their sha256, with a marker that shows how they begin and end.

The digest of an event covers the marker and the marker names the digest of the value, so the chain proves the value as well.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from console.journal.canonical import canonical
from console.journal.records import Json, Record

LIMIT = 64 * 1024
LONGEST = 256 * 1024 * 1024
HEAD, TAIL = 4_000, 1_000
MARK = "$spilled"
SHORTENED = frozenset({"result", "error"})  # a reader gets these as markers; everything else whole, since a run is folded from it


@dataclass(frozen=True, slots=True)
class Blob:
    """A spilled value: `size` is what it had, `content` what is kept of it."""

    sha256: bytes
    size: int
    content: bytes


def spill(record: Record, text: str) -> tuple[Record, str, tuple[Blob, ...]]:
    """The record with its biggest values replaced by markers until its data fits into `LIMIT` bytes, and those values."""
    if len(text) * 4 <= LIMIT or len(text.encode()) <= LIMIT:
        return record, text, ()
    data, blobs = dict(record.data), []
    sizes = {key: len(canonical(value)) for key, value in data.items() if key != "$sanitised"}
    for key in sorted(sizes, key=lambda name: sizes[name], reverse=True):
        data[key], blob = _marker(data[key])
        blobs.append(blob)
        text = canonical(data)
        if len(text.encode()) <= LIMIT:
            break
    return replace(record, data=data), text, tuple(blobs)


def _marker(value: Json) -> tuple[dict[str, Json], Blob]:
    text = value if isinstance(value, str) else canonical(value)
    whole = text.encode()
    content = whole[:LONGEST]
    blob = Blob(hashlib.sha256(content).digest(), len(whole), content)
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


def for_readers(whole: Record, kept: Record) -> Record:
    """The record as reading will give it back: only results and errors stay markers."""
    if kept.data is whole.data:
        return whole
    return replace(whole, data={key: kept.data[key] if key in SHORTENED else value for key, value in whole.data.items()})


def marker(value: Json) -> Mapping[str, Json] | None:
    """What the journal says of a spilled value; None for any other value."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get(MARK), dict):
        return value[MARK]  # type: ignore[no-any-return]
    return None


def markers(data: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """The spilled values of one event's data, by key."""
    found = {key: marker(value) for key, value in data.items()}
    return {key: mark for key, mark in found.items() if mark is not None}


def store(connection: psycopg.Connection[Any], blobs: Iterable[Blob]) -> None:
    """Insert what is not there yet. Done before the append: a blob nobody refers to does no harm, a marker without its blob would."""
    for blob in blobs:
        psycopg.Cursor(connection).execute(*insertion(blob))


def insertion(blob: Blob) -> tuple[str, tuple[bytes, int, bytes]]:
    """The statement that keeps a blob, and its parameters."""
    text = "INSERT INTO journal_blob (sha256, size, content) VALUES (%b, %s, %b) ON CONFLICT DO NOTHING"
    return text, (blob.sha256, blob.size, blob.content)


def restored(connection: psycopg.Connection[Any], data: Mapping[str, Json]) -> Mapping[str, Json]:
    """The data with every spilled value whole again, but for results and errors, and for what was too long to keep."""
    found = {key: mark for key, mark in markers(data).items() if key not in SHORTENED and "kept" not in mark}
    return {**data, **{key: load(connection, mark) for key, mark in found.items()}} if found else data


def load(connection: psycopg.Connection[Any], mark: Mapping[str, Json]) -> Json:
    """The value behind a marker. Raises LookupError when its blob is gone."""
    text = content(connection, mark["sha256"]).decode()
    return text if mark["form"] == "text" else json.loads(text)


def content(connection: psycopg.Connection[Any], sha256: str) -> bytes:
    """What is kept under a digest. Raises LookupError when there is nothing."""
    query = "SELECT content FROM journal_blob WHERE sha256 = %b"
    found = psycopg.Cursor(connection).execute(query, (bytes.fromhex(sha256),), binary=True).fetchone()
    if found is None:
        raise LookupError(f"blob {sha256} is not in the journal")
    return bytes(found[0])
