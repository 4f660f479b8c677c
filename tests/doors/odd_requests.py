"""Makes requests, bytes and frames that nobody's browser would send, from one seed each."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from console.doors.matrix import MatrixLine
from tests.doors.bodies import ACTS, FIELDS, FORM, MALFORMED, MULTIPART, ODD, PARAMETERS, Body

TEXTS = (
    *ODD,
    "\ud800",
    "\u202e",
    "NaN",
    "[" * 3_000,
    '{"a":' * 2_000,
    "9" * 5_000,
    "a" * 20_000,
    "../" * 30,
    "((a+)+)+$",
    "\r\nX-A: b",
    "1,2",
    "²",
    "\u0661",
    "0",
    "-0",
    "1.5",
    "true",
    "null",
    "[]",
    "{}",
    '{"a": Infinity}',
    "2026-02-30T25:61",
    "+99999-01-01",
    "00000000-0000-0000-0000-000000000000",
)
KINDS = (FORM, MULTIPART, "application/json", "text/plain", "", "a/b; charset=klingon")
HEADERS: Mapping[str, Sequence[str]] = {
    "HX-Request": ("true", "x"),
    "HX-Target": ("rows", "\x7f", "a" * 3_000),
    "HX-Current-URL": ("http://[::1", "/\u00e9", "javascript:1", "http://h:99999999/"),
    "If-None-Match": ('"', "W/", "*", "a" * 3_000),
    "If-Modified-Since": ("yesterday", "Thu, 99 Zzz 99999 99:99:99 GMT"),
    "Range": ("bytes=9-1", "bytes=" + "1-2," * 500),
    "Accept": ("", "a/b;q=x", "*/*;" * 500),
    "Accept-Language": ("*;q=9e999", "xx-" * 500),
    "Authorization": ("Bearer", "Bearer \xff", "Basic !!", "Bearer sbx_" + "a" * 5_000),
    "Cookie": ("signalbox=\x01; a", "csrftoken=" + "a" * 4_000, ";;=;", "signalbox=;signalbox=x"),
    "Referer": ("http://[", "\xff"),
    "X-CSRFToken": ("\xff", "a" * 5_000),
    "X-Forwarded-For": ("\xff, ::::", "," * 500),
    "Host": ("[::1", "a" * 300, "a b"),
}
OF_THE_SERVER: Mapping[str, Sequence[str]] = {
    **HEADERS,
    "Content-Length": ("-1", "x", "9" * 30),
    "Transfer-Encoding": ("chunked", "gzip, chunked", "x"),
    "Expect": ("100-continue", "x"),
    "Upgrade": ("websocket", "h2c"),
}
"""With those that a server reads by itself, and Django's client only makes up."""
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY")


@dataclass(frozen=True, slots=True)
class OddRequest:
    """One request for Django's own client."""

    method: str
    path: str
    query: str
    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.method} {self.path[:120]!r}?{self.query[:120]!r} {self.body.kind!r}"
            f" {self.body.content[:200]!r} {dict(self.headers)!r:.200}"
        )


def request(dice: random.Random, line: MatrixLine, address: str) -> OddRequest:
    """A request to about this address: seldom as it was meant in more than one way at once."""
    method = line.method if dice.random() < 0.8 else dice.choice(METHODS)
    path = address if dice.random() < 0.7 else bent(dice, address)
    names = dice.sample(PARAMETERS, dice.randint(0, 3))
    query = "&".join(f"{name}={quoted(dice)}" for name in names)
    headers = {
        name: dice.choice(HEADERS[name])
        for name in dice.sample(sorted(HEADERS), dice.randint(0, 2))
    }
    return OddRequest(method, path, query, body(dice), headers)


def bent(dice: random.Random, address: str) -> str:
    parts = address.split("/")
    place = dice.randrange(len(parts))
    parts[place] = quoted(dice)[:4_000]
    return "/" + "/".join(parts).lstrip("/")


def quoted(dice: random.Random) -> str:
    text = dice.choice(TEXTS)
    if dice.random() < 0.2:
        return dice.randbytes(dice.randint(1, 30)).hex(" ").replace(" ", "%").join(("%", ""))
    return quote(text, errors="surrogatepass")


def body(dice: random.Random) -> Body:
    made: Sequence[Callable[[random.Random], Body]] = (
        lambda dice: dice.choice(MALFORMED),
        fields,
        as_json,
        lambda dice: Body("bytes", dice.randbytes(dice.randint(0, 300)), dice.choice(KINDS)),
    )
    return dice.choice(made)(dice)


def fields(dice: random.Random) -> Body:
    chosen = dict.fromkeys(dice.sample(FIELDS, dice.randint(1, 12))) | dict.fromkeys(ACTS)
    pairs = [
        f"{name}={ACTS[name] if name in ACTS and dice.random() < 0.7 else quoted(dice)}"
        for name in chosen
    ]
    return Body("fields", "&".join(pairs).encode("utf-8", "replace"))


def as_json(dice: random.Random) -> Body:
    names = ("agent", "goal", "inputs", "limits", "priority", "reason", "note", "steps", "a")
    value = {name: odd_value(dice, 3) for name in dice.sample(names, dice.randint(0, 5))}
    text = json.dumps(value)
    if dice.random() < 0.3:
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(["[" * 900, "\x00", '"', "}", "9" * 5_000, "\\ud800"])
    return Body("JSON", text.encode("utf-8", "replace"), "application/json")


def odd_value(dice: random.Random, depth: int) -> object:
    if depth and dice.random() < 0.4:
        inner = [odd_value(dice, depth - 1) for _ in range(dice.randint(0, 3))]
        return inner if dice.random() < 0.5 else {dice.choice(TEXTS)[:20]: each for each in inner}
    return dice.choice([None, True, -1, 10**30, 1e308, float("nan"), *TEXTS[:20]])


def raw(dice: random.Random, host: str, paths: Sequence[str]) -> bytes:
    """Bytes for the server's own parser, most of them nearly a request."""
    if dice.random() < 0.2:
        return dice.randbytes(dice.randint(1, 400)) + b"\r\n\r\n"
    chosen = body(dice)
    target = dice.choice(paths) if dice.random() < 0.6 else f"/{quoted(dice)[:6_000]}"
    lines = [f"{dice.choice(METHODS)} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    names = dice.sample(sorted(OF_THE_SERVER), dice.randint(0, 3))
    lines += [f"{name}: {dice.choice(OF_THE_SERVER[name])}" for name in names]
    if dice.random() < 0.5:
        lines += [f"Content-Type: {chosen.kind}", f"Content-Length: {len(chosen.content)}"]
    whole = "\r\n".join([*lines, "", ""]).encode("latin1", "replace") + chosen.content
    for _ in range(dice.choice((0, 0, 1, 5))):
        at = dice.randrange(len(whole))
        whole = whole[:at] + dice.randbytes(dice.randint(0, 3)) + whole[at + 1 :]
    return whole


def frames(dice: random.Random) -> bytes:
    """A few frames of a live socket, of the protocol or nearly."""
    return b"".join(frame(dice) for _ in range(dice.randint(1, 6)))


def frame(dice: random.Random) -> bytes:
    texts = [
        json.dumps({"watch": [dice.choice(("fleet", "approvals", "run:x", ""))]}),
        json.dumps({dice.choice(("watch", "since", "at", "kill")): odd_value(dice, 3)}),
        dice.choice(TEXTS),
    ]
    payload = dice.choice(texts).encode("utf-8", "replace")
    if dice.random() < 0.3:
        payload = dice.randbytes(dice.randint(0, 200))
    size = len(payload)
    first = dice.choice((0x81, 0x81, 0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8A, 0xF1, 0x87))
    masked = 0x80 if dice.random() < 0.9 else 0
    length = (
        bytes([masked | size]) if size < 126 else bytes([masked | 126]) + size.to_bytes(2, "big")
    )
    if dice.random() < 0.05:
        length = bytes([masked | 127]) + dice.randbytes(8)
    return bytes([first]) + length + (b"\0\0\0\0" if masked else b"") + payload
