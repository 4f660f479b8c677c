"""Rows of the journal as PostgreSQL copies them out, and what of them is digested: text goes into
the hash as it came, not encoded anew.

One row is the envelope's fields in the order of their names, then content, salt, body, digest and
link, separated by tabs. PostgreSQL escapes a backslash and control characters in such text; a row
without any (nearly all) is hashed as it is.
"""

import re
from binascii import unhexlify
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring

PLACE = ("id", "run", "seq")
ENVELOPE = {
    "actor": True, "agent": True, "correlation_id": True, "duration_us": False, "external_id": True,
    "format": False, "kind": True,
    "model": True, "outcome": True, "person": True, "principal": True, "rule": True, "span": True,
    "step": False, "tokens_in": False,
    "tokens_out": False, "tool": True, "ts": True, "usd": True, "verdict": True, "visibility": True,
}  # fmt: skip
"""The envelope's fields in order, and whether each is written in quotation marks."""
TAIL = ("data", "salt", "body", "digest", "link")
SELECT = f"SELECT {', '.join((*PLACE, *ENVELOPE, *TAIL))} FROM journal_event"
COPY = "COPY ({query}) TO STDOUT (NULL '')"

_FRAMES = [
    (f'"{name}":"'.encode(), b'"') if quoted else (f'"{name}":'.encode(), b"")
    for name, quoted in ENVELOPE.items()
]
_FORMAT, _KIND, _TS = [list(ENVELOPE).index(name) for name in ("format", "kind", "ts")]
_ODD = re.compile(rb'[\\"\x00-\x08\x0b-\x1f]')
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
SPILLED = b'"$spilled"'


@dataclass(slots=True)
class Exported:
    """What a proof needs of one row. `told` is the digest of what the row says now; `data` is None
    when it was erased.
    """

    id: int
    run: bytes
    seq: int
    format: bytes
    kind: bytes
    data: bytes | None
    body_holds: bool
    told: bytes
    digest: bytes
    link: bytes


def exported(lines: Iterable[bytes | bytearray | memoryview]) -> Iterator[Exported]:
    """Each copied row, hashed."""
    for line in lines:
        head, data, salt, body, digest, link = bytes(line)[:-1].rsplit(b"\t", 5)
        number, run, seq, *fields = head.split(b"\t")
        fields[_TS] = _moment(fields[_TS])
        if _ODD.search(head):
            fields = [
                encode_basestring(unescaped(value).decode())[1:-1].encode() for value in fields
            ]
        envelope = b",".join(
            [
                before + value + after
                for (before, after), value in zip(_FRAMES, fields, strict=True)
                if value
            ]
        )
        kept_body = unhexlify(body[3:])
        content = data.replace(b"\\\\", b"\\") if data else None
        holds = content is None or sha256(unhexlify(salt[3:]) + content).digest() == kept_body
        told = sha256(b"{%b}%b" % (envelope, kept_body)).digest()
        yield Exported(
            int(number),
            run,
            int(seq),
            fields[_FORMAT],
            fields[_KIND],
            content,
            holds,
            told,
            unhexlify(digest[3:]),
            unhexlify(link[3:]),
        )


def unescaped(value: bytes) -> bytes:
    """The text behind what PostgreSQL copied out."""
    return (
        _ESCAPE.sub(lambda found: _CONTROLS.get(found[1], found[1]), value)
        if b"\\" in value
        else value
    )


def _moment(copied: bytes) -> bytes:
    """A time as the envelope writes it, from PostgreSQL's own `2026-11-20 15:47:03.12+00` (the
    session's zone is UTC).
    """
    if len(copied) != 29:
        whole, _, fraction = copied.partition(b"+")[0].partition(b".")
        copied = b"%b.%b+00" % (whole, fraction.ljust(6, b"0"))
    return b"%bT%b:00" % (copied[:10], copied[11:])
