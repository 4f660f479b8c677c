"""Everywhere that a planted key could turn up, and whether it has: plain or encoded, whole
or halved, in each column of each table, on each page that leads on from a run, and in what a test
hands over besides.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, unquote_plus, urljoin, urlsplit
from uuid import UUID

from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client

from runs.models import Run

BACKEND = "django.contrib.auth.backends.ModelBackend"
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}")
LINK = re.compile(r'(?:href|src|hx-get|action)="([^"#]+)')
LEFT_ALONE = re.compile(r"^/(static|signout|signin|docs|admin/(logout|password|jsi18n))")
MOST_PAGES = 120
HALF = 14
NO_TEXT = (bool, int, float, date, time, timedelta, Decimal, UUID)


def holds(text: str, key: str) -> bool:
    """Whether the key, or more than half of it at either end, can be read in the text by somebody
    who tries what is usual.
    """
    readings = {text, html.unescape(text), unquote(text), unquote_plus(text), unescaped(text)}
    readings |= {decoded for token in ENCODED.findall(text) for decoded in decodings(token)}
    return any(piece in each for each in readings for piece in (key[:HALF], key[-HALF:]))


def unescaped(text: str) -> str:
    """Without the backslashes of JSON within JSON."""
    return text.replace("\\", "")


def decodings(token: str) -> Iterator[str]:
    """What it says in hexadecimal, and in base64 wherever that began."""
    if len(token) % 2 == 0 and re.fullmatch(r"[0-9a-fA-F]+", token):
        yield bytes.fromhex(token).decode("latin-1")
    plain = token.replace("-", "+").replace("_", "/")
    for begin in range(4):
        whole = plain[begin : begin + (len(plain) - begin) // 4 * 4]
        try:
            yield base64.b64decode(whole, validate=True).decode("latin-1")
        except (binascii.Error, ValueError):
            continue


def everywhere(run: Run) -> Iterator[tuple[str, str]]:
    """Where, and what stands there."""
    yield from rows()
    yield from pages(run)
    for form in ("csv", "json"):
        answer = owner().post(f"/audit/export.{form}?run={run.pk}")
        yield (
            f"the export as {form}",
            (b"".join(answer) if answer.streaming else answer.content).decode(),
        )
    for letter in mail.outbox:
        yield "a letter", f"{letter.subject}\n{letter.body}\n{letter.message().as_string()}"


def rows() -> Iterator[tuple[str, str]]:
    """Every value of every column of every table, as a text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column.name for column in cursor.description or ()]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if text := as_text(value):
                        yield f"{table}.{name}", text


def as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    if value is None or isinstance(value, NO_TEXT):
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def pages(run: Run) -> Iterator[tuple[str, str]]:
    """The run's page and whatever it links to or fetches, as somebody who may see everything, and
    what those link to in turn.
    """
    client, ahead, seen = owner(), [f"/runs/{run.pk}/"], set[str]()
    while ahead and len(seen) < MOST_PAGES:
        path = ahead.pop(0)
        if path in seen or LEFT_ALONE.match(path):
            continue
        seen.add(path)
        answer = client.get(path)
        content = b"".join(answer) if answer.streaming else answer.content
        said = content.decode("utf-8", "replace")
        yield path, f"{said}\n{dict(answer.headers)}"
        if str(run.pk) in path or path.count("/") <= 2:
            ahead += [within(path, html.unescape(link)) for link in LINK.findall(said)]


def within(page: str, link: str) -> str:
    """A link's path in this house; of a link that leads out of it, where it started."""
    found = urlsplit(urljoin(page, link))
    return page if found.netloc else f"{found.path}{f'?{found.query}' if found.query else ''}"


def owner() -> Client:
    client = Client()
    user, _ = User.objects.get_or_create(username="alba", is_superuser=True, is_staff=True)
    client.force_login(user, backend=BACKEND)
    return client


def found(key: str, places: Iterable[tuple[str, str]]) -> list[str]:
    """The places that hold it."""
    return sorted({where for where, text in places if holds(text, key)})
