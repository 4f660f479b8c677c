"""Crawls the console as each kind of person, finding addresses by itself: from the resolver, and
from what each page links to, fetches and submits. Says what it was told that it may not read.
"""

import html
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.core import mail
from django.utils import timezone
from websockets.exceptions import ConnectionClosed

from approvals.models import Request
from approvals.services import announcing, delivering
from console.doors import admin_forms, inventory
from console.doors.role_table import ROLES, Role
from console.journal.models import Event
from console.models import ApiToken
from console.stack.processes import Running
from policies.halts.models import Halt
from runs.models import Run, ServedTool
from tests.doors import admin_rows
from tests.doors.canaries import ALL
from tests.doors.walk import Visitor, visitors
from tests.live import sockets

LINK = re.compile(r"""(?:href|src|action|formaction|hx-get|data-url|data-href)=["']([^"'#]+)""")
LEFT_ALONE = re.compile(r"^/(static|signout|admin/(logout|jsi18n)|docs/)")
HTMX = {"HX-Request": "true"}
MOST_PAGES = 260
UNKNOWN = "cnry999zqx"
"""As long as a canary, and planted nowhere."""
SEARCHES = ("/find/", "/", "/audit/", "/tools/")
VARYING = re.compile(
    r'points="[^"]*"|\b[A-Za-z0-9]{64}\b|\d+(\.\d+)? ?(s|ms|min|m)\b|\d\d:\d\d|T[\d:.]+'
)
Leak = tuple[str, str, str]
"""Who, where, and which canary."""


@dataclass
class Listener(logging.Handler):
    """Keeps every line that is logged."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        logging.Handler.__init__(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))

    __hash__ = logging.Handler.__hash__


def told(role: Role, where: str, text: str) -> Iterator[Leak]:
    """The canaries in a text that this kind of person may not read."""
    plain = html.unescape(text).lower()
    for canary in ALL:
        if canary.word in plain and not canary.open_to(role):
            yield role.name, where, canary.name


@dataclass
class Crawl:
    """What one visitor has seen."""

    visitor: Visitor
    leaks: list[Leak] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def pages(self, begin: Sequence[str], most: int = MOST_PAGES) -> None:
        ahead = list(begin)
        while ahead and len(self.seen) < most:
            path = ahead.pop(0)
            if path in self.seen or LEFT_ALONE.match(path):
                continue
            text = self.get(path)
            self.get(path, HTMX)
            ahead += [within(path, html.unescape(link)) for link in LINK.findall(text)]

    def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        response = self.visitor.client.get(path, headers=headers)
        self.seen[path] = response.status_code
        return self.heard(path, response)

    def heard(self, where: str, response: Any) -> str:
        content = b"".join(response) if response.streaming else response.content
        text = f"{content.decode('utf-8', 'replace')}\n{dict(response.headers)}"
        self.leaks += told(self.visitor.role, where, text)
        return text

    def programs(self, runs: Iterable[Run]) -> None:
        """What the visitor's token opens."""
        headers = {"Authorization": f"Bearer {self.visitor.token}"}
        for run in runs:
            for part in ("", "/result", "/events"):
                ApiToken.objects.update(ready_at=None)
                self.get(f"/api/v1/runs/{run.pk}{part}", headers)

    def exports(self) -> None:
        for form in ("csv", "json"):
            path = f"/audit/export.{form}"
            self.heard(path, self.visitor.client.post(path))

    def searches(self) -> None:
        """A search for something hidden is answered like one for something that is nowhere."""
        if not self.visitor.role.inside:
            return
        hidden = [each for each in ALL if not each.open_to(self.visitor.role)]
        self.leaks += [
            (self.visitor.role.name, f"{path}?q= tells that it is there", each.name)
            for path in SEARCHES
            for each in hidden
            if not any(self.alike(path, each.word) for _ in range(3))
        ]

    def alike(self, path: str, word: str) -> bool:
        """Whether a word is answered like one that is nowhere. Clocks go on between the two."""
        return self.answer(path, word) == self.answer(path, UNKNOWN)

    def answer(self, path: str, word: str) -> str:
        response = self.visitor.client.get(path, {"q": word}, follow=True)
        content = b"".join(response) if response.streaming else response.content
        text = content.decode("utf-8", "replace").replace(word, "WORD")
        return f"{response.status_code} {VARYING.sub('', text)}"


def within(page: str, link: str) -> str:
    """A link's path in this console; of a link that leads out of it, where it started."""
    found = urlsplit(urljoin(page, link))
    return page if found.netloc else f"{found.path}{f'?{found.query}' if found.query else ''}"


def beginnings(runs: Sequence[Run]) -> list[str]:
    """Every address of the resolver, for each run, request, event and row there is."""
    events = Event.objects.filter(run__in=[run.pk for run in runs])
    numbers = [*events.values_list("id", flat=True)]
    numbers += Event.objects.order_by("-id").values_list("id", flat=True)[:12]
    fills: dict[str, list[Any]] = {
        "<uuid:run_id>": [run.pk for run in runs],
        "<int:request_id>": list(Request.objects.values_list("pk", flat=True)),
        "<int:halt_id>": list(Halt.objects.values_list("pk", flat=True)),
        "<int:finding>": [1],
        "<slug:name>": ["orphan-order"],
        "<int:tool>": list(ServedTool.objects.values_list("pk", flat=True)),
        "<int:number>": numbers,
        "<int:seq>": list(range(1, 40)),
        "<int:step>": [1, 3, 5],
        "<int:place>": [1],
        "<uuid:other_id>": [run.pk for run in runs[:2]],
        "<int:browser>": [1],
        "<int:token>": [1],
        "<slug:grant>": [1],
        "<slug:form>": ["csv"],
        "<slug:box>": ["fleet", "audit"],
        "<slug:slug>": ["glossary"],
        "<str:key>": ["result"],
        "<str:token>": ["none"],
    }
    addresses = [door.address for door in inventory.pages()]
    rows = admin_rows.first()
    for place in admin_forms.doors():
        row = rows.get("/".join(place.address.split("/")[:3]), "0")
        addresses.append(place.address.replace("<row>", row))
    found = (f"/{each}" for address in addresses for each in filled(address, fills))
    return list(dict.fromkeys(found))


def filled(address: str, fills: dict[str, list[Any]]) -> Iterator[str]:
    for placeholder, values in fills.items():
        if placeholder in address:
            for value in values:
                yield from filled(address.replace(placeholder, str(value), 1), fills)
            return
    yield address


def listened(web: Running, each: Crawl, runs: Sequence[Run]) -> bool:
    """Listen to everything that the live socket sends to somebody who watches all there is;
    whether anything was watched.
    """
    visitor, watching = each.visitor, False
    cookies = "; ".join(f"{one.key}={one.value}" for one in visitor.client.cookies.values())
    topics = ["fleet", "approvals", *(f"run:{run.pk}" for run in runs)]
    with sockets.dial(web, cookies) as peer:
        try:
            sockets.say(peer, watch=topics, since={str(run.pk): 0 for run in runs})
            while True:
                text = str(peer.recv(timeout=1.0))
                watching |= '"watching"' in text
                each.leaks += told(visitor.role, "/live/", text)
        except (ConnectionClosed, TimeoutError):
            return watching


def mailed() -> Iterator[Leak]:
    """What channels are sent of a request."""
    now = timezone.now()
    for delivery in announcing.gather(at=now):
        delivering.deliver(delivery_id=delivery, at=now)
    for letter in mail.outbox:
        text = f"{letter.subject}\n{letter.body}".lower()
        yield from (
            ("whoever reads the channel", "a letter", each.name)
            for each in ALL
            if each.word in text and not each.mailed
        )


def logged(lines: Iterable[str]) -> Iterator[Leak]:
    """No line of a log holds any of them."""
    for line in lines:
        told_of = [each.name for each in ALL if each.word in line.lower()]
        yield from (("whoever reads the log", line[:80], name) for name in told_of)


def crawling(names: Sequence[str] = (), sign: str = "") -> list[Crawl]:
    """Somebody of each of these kinds, of all without names; `sign` tells two of a
    kind apart.
    """
    kinds = [role for role in ROLES if role.name in names or not names]
    return [Crawl(each) for each in visitors(kinds, sign)]
