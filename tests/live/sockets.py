"""Live sockets for tests: people with sessions, real websockets to a real server, frames to
publish.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.db import connection
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from console.journal import append
from console.journal.ledger import HOUSE
from console.journal.models import Chain
from console.journal.records import JournalRecord
from console.live.frames import Frame
from console.stack.processes import Running
from tests.patience import PATIENCE, Deadline

AT = "2026-11-20T15:47:00+00:00"


def person(group: str = "") -> User:
    user = User.objects.create_user(f"live-{group or 'nobody'}-{uuid4().hex[:6]}")
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def session_of(user: User) -> str:
    """The key of a new session of that person."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def cookie(key: str) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={key}"


def signed_in(group: str) -> str:
    return cookie(session_of(person(group)))


def dial(
    web: Running, cookies: str = "", origin: str | None = None, sock: socket.socket | None = None
) -> ClientConnection:
    """A websocket as a browser opens it, on a connection of one's own if given."""
    address = f"ws://{urlsplit(web.url).netloc}/live/"
    return connect(
        address,
        sock=sock,
        origin=Origin(origin or web.url),
        additional_headers={"Cookie": cookies} if cookies else {},
        compression=None,
        max_size=None,
        max_queue=1,
        open_timeout=PATIENCE,
        ping_interval=None,
    )


def say(peer: ClientConnection, **body: object) -> None:
    peer.send(json.dumps(body))


def hear(peer: ClientConnection, key: str) -> Any:
    """The value of the next message that has the key."""
    return hear_one_of(peer, key)[1]


def hear_one_of(peer: ClientConnection, *keys: str) -> tuple[str, Any]:
    """The first of the keys in a message, and its value; heartbeats, which never end, do not
    prolong the patience.
    """
    patience = Deadline(f"no message had {' or '.join(keys)}")
    while True:
        message = json.loads(peer.recv(patience.left()))
        for key in keys:
            if key in message:
                return key, message[key]


@contextmanager
def watch(web: Running, cookies: str, *topics: str, **more: object) -> Iterator[ClientConnection]:
    """A websocket that watches the topics already."""
    with dial(web, cookies) as peer:
        say(peer, watch=list(topics), **more)
        assert hear(peer, "watching") == sorted(topics)
        yield peer


def close_code(peer: ClientConnection) -> int | None:
    """Reads until the server closes, and says with which code."""
    patience = Deadline("the server did not close")
    try:
        while True:
            peer.recv(patience.left())
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def frame(run: str, seq: int, first: int | None = None, **state: object) -> Frame:
    return Frame(
        run,
        seq,
        seq if first is None else first,
        AT,
        {"status": "running", "step": seq, "ended_at": None, **state},
        ("step.planned",),
    )


def chain(events: int) -> str:
    """A chain of the journal with so many events; its key."""
    key = uuid4()
    Chain.objects.create(id=key)
    grow(str(key), events)
    return str(key)


def grow(run: str, events: int) -> None:
    record = JournalRecord("test.event", datetime(2026, 11, 20, tzinfo=UTC), "test", UUID(run))
    append.append(connection, HOUSE, UUID(run), [record] * events, epoch=None, projection={})
