"""Walks the matrix: asks the real application for every line of it, as each kind of person, and
says which answers are not those that are written down.

Each request is undone before the next one.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import Client
from websockets.exceptions import ConnectionClosed

from console.doors import admin_forms, answers, matrix
from console.doors.answers import DoorAnswer
from console.doors.matrix import Column, MatrixLine
from console.doors.role_table import ROLES, STARTER, Role
from console.journal.models import Event
from console.live.consumers import BAD_REQUEST, FORBIDDEN, MOST_REFUSALS, SIGNED_OUT
from console.models import ApiToken
from console.people import api_tokens
from console.stack.processes import Running
from tests.doors import admin_rows, stage
from tests.doors.house import BACKEND, SECRET
from tests.doors.stage import Stage
from tests.live import sockets

WRITES = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from)\s+(?!set\b|of\b|nowait\b|skip\b)\"?(\w+)",
    re.IGNORECASE,
)
OF_NO_ACCOUNT = frozenset(
    {
        "django_session",
        "usersessions_usersession",
        "console_failedsignin",
        "console_cache",
        "live_round",
    }
)
OTHER = {"GET": ("runs:start", "runs:stop"), "POST": ("runs:read",)}
"""Scopes of a token that opens nothing with this method."""
USED = re.compile(r'update "console_apitoken" set "(last_used_at|ready_at)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One request that was made. `expected` is what is written down."""

    line: MatrixLine
    role: Role
    expected: DoorAnswer
    seen: DoorAnswer
    status: int

    @property
    def wrong(self) -> bool:
        return not answers.fits(self.expected, self.seen)

    def __str__(self) -> str:
        return (
            f"{self.line.method} /{self.line.address} ({self.line.column}) as {self.role.name}:"
            f" {self.seen} instead of {self.expected}, status {self.status}"
        )


@dataclass
class Visitor:
    """Somebody of one kind at the doors, with a browser and with tokens for programs."""

    role: Role
    client: Client
    token: str = ""
    other: Mapping[str, str] = field(default_factory=dict)
    user: User | None = None

    def places(self, column: Column) -> dict[str, str]:
        """Where placeholders lead that mean something of one's own; a foreign token is somebody
        else's.
        """
        mine = ApiToken.objects.filter(user=self.user) if self.user else ApiToken.objects.none()
        others = ApiToken.objects.exclude(user=self.user) if self.user else ApiToken.objects.all()
        found = (others if column is Column.FOREIGN else mine).order_by("pk").first()
        open_here = UserSession.objects.all()
        if column is Column.FOREIGN or self.user is None:
            open_here = open_here.exclude(user=self.user)
        else:
            open_here = open_here.filter(user=self.user)
        session = open_here.order_by("pk").first()
        return {
            "<int:token>": str(found.pk if found else 0),
            "<int:session>": str(session.pk if session else 0),
        }

    def headers(self, method: str, column: Column, program: bool) -> dict[str, str]:
        if not program or column is Column.COOKIE or not self.token:
            return {}
        secret = self.other[method] if column is Column.UNSCOPED else self.token
        return {"Authorization": f"Bearer {secret}"}


@dataclass
class Writes:
    """Which tables a request changed, as far as that is of any account."""

    tables: list[str] = field(default_factory=list)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        text = sql if isinstance(sql, str) else sql.as_string(connection.connection)
        if context["cursor"].rowcount > 0 and not USED.match(text.strip()):
            self.tables += [table for table in WRITES.findall(text) if table not in OF_NO_ACCOUNT]
        return done


def last_event() -> int:
    """The journal is appended to past Django's cursors, so its end is looked at. That somebody was
    refused is written down as well, and changes nothing.
    """
    done = Event.objects.exclude(kind__endswith=".refused")
    return done.order_by("-id").values_list("id", flat=True)[0]


def visitors(kinds: Iterable[Role] = ROLES, sign: str = "") -> list[Visitor]:
    """One of each of these kinds; `sign` ends their names."""
    return [arrived(role, sign) for role in kinds]


def arrived(role: Role, sign: str) -> Visitor:
    client = Client(raise_request_exception=False)
    if not role.signed_in:
        return Visitor(role, client)
    user = User.objects.create_user(
        role.name.replace(" ", "-") + sign, is_staff=role.staff, is_superuser=role.owner
    )
    user.groups.add(*Group.objects.filter(name__in=role.groups))
    client.force_login(user, backend=BACKEND)
    key = f"{role.short}{sign}elsewhere"
    UserSession.objects.create(user=user, ip="192.0.2.7", session_key=key, user_agent="Firefox")
    other = {method: stage.token(user, *scopes) for method, scopes in OTHER.items()}
    found = Visitor(role, client, stage.token(user, *api_tokens.SCOPES), other, user)
    if not role.active:
        user.is_active = False
        user.save()
    return found


class Walk:
    """The stage, the visitors and what was written down."""

    def __init__(self, web: Running | None = None) -> None:
        """`web`: a server on the same database, for the socket; without one it is left out."""
        self.web = web
        User.objects.create_user("olga", password="correct horse")
        self.visitors = {each.role.name: each for each in visitors()}
        starter = self.visitors[STARTER].user
        assert starter is not None
        self.stage: Stage = stage.set_up(starter)
        self.fill_in()
        self.last = last_event()

    def fill_in(self) -> None:
        """Read the forms of the admin, as the owner sees them."""
        owner = self.visitors["owner"]
        for place in admin_forms.doors():
            if place.address.endswith("/change/") and place.method == "POST":
                line = MatrixLine("GET", Column.GOOD, place.address, ())
                address = self.stage.address(line, {})
                self.stage.forms[place.address] = admin_rows.form(owner.client, address)

    def cells(self, lines: Iterable[MatrixLine], names: Iterable[str] = ()) -> Iterator[Cell]:
        wanted = set(names)
        for line in lines:
            for role, expected in zip(ROLES, line.answers, strict=True):
                if wanted and role.name not in wanted:
                    continue
                if line.method != matrix.SOCKET:
                    yield self.cell(line, self.visitors[role.name], expected)
                elif self.web:
                    yield watched(self.web, line, self.visitors[role.name], expected)

    def cell(self, line: MatrixLine, visitor: Visitor, expected: DoorAnswer) -> Cell:
        writes = Writes()
        # the cookies of one request are not those of the next
        kept = copy.deepcopy(visitor.client.cookies)
        with transaction.atomic():
            with connection.execute_wrapper(writes):
                response = self.asked(line, visitor)
            grew = last_event() > self.last
            transaction.set_rollback(True)
        visitor.client.cookies = kept
        seen = answers.seen(
            response.status_code,
            led_to=response.headers.get("Location", ""),
            wrote=grew or bool(writes.tables),
            tells=SECRET in response.content.decode(errors="replace"),
        )
        return Cell(line, visitor.role, expected, seen, response.status_code)

    def asked(self, line: MatrixLine, visitor: Visitor) -> Any:
        body = self.stage.body(line)
        headers: Mapping[str, str] = visitor.headers(
            line.method, line.column, line.address.startswith("api/")
        )
        address = self.stage.address(line, visitor.places(line.column))
        if line.method == "GET":
            return visitor.client.get(address, headers=headers)
        return visitor.client.generic(
            line.method, address, body.content, body.kind, headers=headers
        )


CLOSES = {
    SIGNED_OUT: DoorAnswer.SIGN_IN,
    FORBIDDEN: DoorAnswer.CLOSED,
    BAD_REQUEST: DoorAnswer.REFUSED,
}
WATCHES = {
    Column.GOOD: '{"watch": ["fleet", "approvals"]}',
    Column.FOREIGN: f'{{"watch": ["run:{stage.NOWHERE}"]}}',
    Column.MALFORMED: '{"pause": "everything"}',
}


def watched(web: Running, line: MatrixLine, visitor: Visitor, expected: DoorAnswer) -> Cell:
    """Opens the socket with the visitor's cookies and says what there is to say, until it is
    answered or closed.
    """
    cookies = "; ".join(f"{each.key}={each.value}" for each in visitor.client.cookies.values())
    code, seen = 0, DoorAnswer.OPEN
    with sockets.dial(web, cookies) as peer:
        try:
            if line.column is Column.MALFORMED:
                for _ in range(MOST_REFUSALS):
                    peer.send(WATCHES[line.column])
                while True:
                    sockets.hear(peer, "error")
            peer.send(WATCHES[line.column])
            sockets.hear(peer, "watching")
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 0
            seen = CLOSES.get(code, DoorAnswer.WRONG)
    return Cell(line, visitor.role, expected, seen, code)


def written() -> list[MatrixLine]:
    """The lines of the committed file, which the console is held to."""
    return list(matrix.read(matrix.FILE.read_text()))
