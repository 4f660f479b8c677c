"""Attacks on the web server, each by a process that does nothing else: connections that are held,
and requests and frames that are too large, too deep, too slow or not readable.
"""

import base64
import contextlib
import itertools
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from console.bench import browsers

HELD = 1_000
FEWER = 200
PATIENCE = 10.0
ANSWERED_IN = 1.0
MEGABYTES = 100
PIECE = b"x" * 65_536
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class FloodTarget:
    """The web server of this machine, and what an attacker who is one of the house has: a token,
    and more sessions than one, since each may open so many sockets only.
    """

    port: int
    cookies: tuple[str, ...]
    token: str

    @property
    def cookie(self) -> str:
        return random.choice(self.cookies)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def head(self, line: str, *lines: str) -> bytes:
        return "\r\n".join((line, f"Host: 127.0.0.1:{self.port}", *lines, "", "")).encode("latin1")


@dataclass
class FloodTally:
    """How often it was tried, and the statuses that came back; 0 is a connection that was closed
    without an answer, and 500 stands for all above as well.
    """

    made: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def note(self, status: int) -> None:
        self.made += 1
        self.statuses[500 if status >= 500 and status != 503 else status] += 1


def run(name: str, target: FloodTarget, seconds: float, parent: Connection) -> None:
    """Entry of the process. It gives way to the others on this machine, as one elsewhere would."""
    os.nice(10)
    tally, until = FloodTally(), time.monotonic() + seconds
    with contextlib.ExitStack() as held:
        ATTACKS[name](target, tally, until, held)
    parent.send(tally)


def asked(target: FloodTarget, *pieces: bytes) -> int:
    """The status that these bytes are answered with; 0 when there was none."""
    with target.connect() as link:
        link.settimeout(ANSWERED_IN)
        with contextlib.suppress(OSError):
            for piece in pieces:
                link.sendall(piece)
        try:
            return status_of(link.recv(65_536))
        except OSError:
            return 0


def status_of(answer: bytes) -> int:
    word = answer[9:12]
    return int(word) if answer.startswith(b"HTTP/1.") and word.isdigit() else 0


Attack = Callable[[FloodTarget, FloodTally, float, contextlib.ExitStack], None]
ATTACKS: dict[str, Attack] = {}


def attack(function: Attack) -> Attack:
    ATTACKS[function.__name__] = function
    return function


def again(until: float, pause: float) -> Iterator[int]:
    for number in itertools.count():
        if time.monotonic() > until:
            return
        yield number
        time.sleep(pause)


def hold(
    target: FloodTarget, tally: FloodTally, until: float, held: contextlib.ExitStack, said: bytes
) -> None:
    """Hold many connections that have begun to say this, with a byte more now and then."""
    count, links = HELD if b"POST" not in said else FEWER, list[socket.socket]()
    for _ in range(count):
        with contextlib.suppress(OSError):
            link = held.enter_context(target.connect())
            link.sendall(said)
            links.append(link)
            tally.made += 1
    for number in again(until, 0.2):
        for link in links[number % 5 :: 5]:
            with contextlib.suppress(OSError):
                link.sendall(b"a")


@attack
def half_open(t: FloodTarget, tally: FloodTally, until: float, held: contextlib.ExitStack) -> None:
    hold(t, tally, until, held, t.head("GET /signin/ HTTP/1.1", "X-a: ")[:-4])


@attack
def slow_bodies(
    t: FloodTarget, tally: FloodTally, until: float, held: contextlib.ExitStack
) -> None:
    said = t.head("POST /signin/ HTTP/1.1", f"Content-Type: {FORM}", "Content-Length: 1000000")
    hold(t, tally, until, held, said)


@attack
def large_bodies(
    t: FloodTarget, tally: FloodTally, until: float, _held: contextlib.ExitStack
) -> None:
    stated = f"Content-Length: {MEGABYTES * 1_000_000}"
    whole = t.head("POST /signin/ HTTP/1.1", f"Content-Type: {FORM}", stated)
    chunked = t.head(
        "POST /signin/ HTTP/1.1", f"Content-Type: {FORM}", "Transfer-Encoding: chunked"
    )
    chunk = b"%x\r\n%s\r\n" % (len(PIECE), PIECE)
    pieces = MEGABYTES * 1_000_000 // len(PIECE)
    for number in again(until, 0.2):
        body = itertools.repeat(chunk if number % 2 else PIECE, pieces)
        tally.note(asked(t, chunked if number % 2 else whole, *body))


@attack
def odd_heads(t: FloodTarget, tally: FloodTally, until: float, _held: contextlib.ExitStack) -> None:
    cookie = f"Cookie: {t.cookie}"
    many = [f"X-{number}: a" for number in range(5_000)]
    dice = random.Random(1)
    for number in again(until, 0.05):
        noise = dice.randbytes(300).decode("latin1")
        heads = (
            t.head(f"GET /?q={'a' * 15_000} HTTP/1.1", cookie),
            t.head(f"GET /{'a/' * 20_000} HTTP/1.1", cookie),
            t.head("GET / HTTP/1.1", cookie, *many),
            t.head("GET /?agent=%00&status=%ed%a0%80 HTTP/1.1", cookie),
            t.head("GET /runs/%00/ HTTP/1.1", cookie),
            t.head(f"GET /?{'&'.join(f'q{each}=1' for each in range(2_000))} HTTP/1.1", cookie),
            t.head("POST /signin/ HTTP/1.1", "Content-Length: -1"),
            t.head("POST /signin/ HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"),
            t.head(f"GET /?q={noise.replace(chr(13), '').replace(chr(10), '')} HTTP/1.1", cookie),
            noise.encode("latin1") + b"\r\n\r\n",
        )
        tally.note(asked(t, heads[number % len(heads)]))


@attack
def many_fields(
    t: FloodTarget, tally: FloodTally, until: float, _held: contextlib.ExitStack
) -> None:
    fields = "&".join(f"a{number}=b" for number in range(20_000)).encode()
    part = '--xyz\r\nContent-Disposition: form-data; name="a{0}"; filename="b{0}"\r\n\r\nc\r\n'
    parts = ("".join(part.format(number) for number in range(5_000)) + "--xyz--\r\n").encode()
    bodies = ((FORM, fields), ("multipart/form-data; boundary=xyz", parts))
    for number in again(until, 0.2):
        kind, body = bodies[number % 2]
        lines = (f"Content-Type: {kind}", f"Content-Length: {len(body)}", f"Cookie: {t.cookie}")
        tally.note(asked(t, t.head("POST /signin/ HTTP/1.1", *lines), body))


@attack
def deep_json(t: FloodTarget, tally: FloodTally, until: float, _held: contextlib.ExitStack) -> None:
    bodies = (
        b"[" * 120_000,
        b'{"a":' * 20_000,
        b'{"agent": ' + b"9" * 100_000 + b"}",
        b'{"agent": 1e99999999999}',
        b'{"agent": "\\ud800", "goal": "\\u0000"}',
        b"{" + b",".join(b'"k%d": 1' % number for number in range(8_000)) + b"}",
        b'{"agent": "a", "agent": "b"}',
        b"[" * 900 + b"]" * 900,
        b"\xff\xfe" * 1_000,
    )
    for number in again(until, 0.1):
        body = bodies[number % len(bodies)]
        lines = (
            "Content-Type: application/json",
            f"Authorization: Bearer {t.token}",
            f"Content-Length: {len(body)}",
        )
        tally.note(asked(t, t.head("POST /api/v1/runs HTTP/1.1", *lines), body))


def opened(t: FloodTarget) -> socket.socket:
    """A live socket, open."""
    link = t.connect()
    link.sendall(browsers.request(t.port, t.cookie))
    link.recv(4_096)
    return link


def framed(opcode: int, payload: bytes, first: int = 0x80) -> bytes:
    """A client's frame of any length. The mask is zero."""
    size = len(payload)
    if size < browsers.LONG:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0x80 | browsers.LONG]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | browsers.LONGER]) + size.to_bytes(8, "big")
    return bytes([first | opcode]) + length + b"\0\0\0\0" + payload


@attack
def subscriptions(
    t: FloodTarget, tally: FloodTally, until: float, _held: contextlib.ExitStack
) -> None:
    """A thousand subscriptions on one socket, then the next socket."""
    some = [os.urandom(16).hex() for _ in range(60)]
    runs = ",".join(f'"run:{x[:8]}-{x[8:12]}-4{x[13:16]}-a{x[17:20]}-{x[20:]}"' for x in some)
    wanted = framed(browsers.TEXT, f'{{"watch":["fleet",{runs}]}}'.encode())
    for _ in again(until, 0.1):
        with opened(t) as link, contextlib.suppress(OSError):
            for _ in range(1_000):
                tally.made += 1
                link.sendall(wanted)


@attack
def odd_frames(
    t: FloodTarget, tally: FloodTally, until: float, _held: contextlib.ExitStack
) -> None:
    text = browsers.TEXT
    frames = (
        framed(text, b"[" * 60_000),
        framed(text, b'{"watch": ["\\u0000"], "since": {"a": 1e999}}'),
        framed(text, b'{"watch": ' + b"9" * 20_000 + b"}"),
        framed(2, os.urandom(1_000)),
        framed(text, b"\xff\xfe\x00"),
        framed(text, b"x" * 2_000_000),
        framed(7, b"reserved"),
        framed(text, b"a", first=0) * 2_000,
        bytes([0x81, 0xFF]) + b"\xff" * 12,
        b"\x81\x05hello",
    )
    for number in again(until, 0.05):
        with opened(t) as link, contextlib.suppress(OSError):
            tally.made += 1
            link.sendall(frames[number % len(frames)] * 4)
            link.settimeout(0.2)
            link.recv(4_096)


@attack
def half_handshakes(
    t: FloodTarget, tally: FloodTally, until: float, held: contextlib.ExitStack
) -> None:
    key = base64.b64encode(b"x" * 3).decode()
    said = t.head(
        "GET /live/ HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 99",
    )  # fmt: skip
    for _ in again(until, 0.02):
        with contextlib.suppress(OSError):
            link = held.enter_context(t.connect())
            link.sendall(said)
            tally.made += 1


@attack
def silent_readers(
    t: FloodTarget, tally: FloodTally, until: float, held: contextlib.ExitStack
) -> None:
    """Sockets that watch everything and read nothing, and files that nobody takes."""
    page = t.head("GET /static/django_htmx/htmx-2.js HTTP/1.1")
    for _ in range(100):
        with contextlib.suppress(OSError):
            link = held.enter_context(t.connect())
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            link.sendall(browsers.request(t.port, t.cookie))
            link.sendall(framed(browsers.TEXT, b'{"watch":["fleet"]}'))
            tally.made += 1
    for _ in again(until, 0.3):
        with contextlib.suppress(OSError):
            link = held.enter_context(t.connect())
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            link.sendall(page)
            tally.made += 1
