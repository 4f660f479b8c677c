"""What the thread of all connections does not do for anybody: read forms, and shake hands with what
is no browser.
"""

from typing import Any

import httpx
import pytest
from daphne import http_protocol
from twisted.web import http

from console.stack.processes import Running
from tests.patience import PATIENCE
from tests.stack.connections import Held

PARTS = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
FORMS = {
    "application/x-www-form-urlencoded": b"a=b&c=d",
    "multipart/form-data; boundary=x": PARTS,
}
SHAKE = (
    b"GET /live/ HTTP/1.1\r\nHost: a\r\nUpgrade: %s\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: %s\r\nSec-WebSocket-Key: %s\r\n\r\n"
)
KEY = b"x" * 22 + b"=="


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Requests that came as far as Daphne."""
    requests: list[Any] = []

    def process(request: Any) -> None:
        requests.append(request)

    monkeypatch.setattr(http_protocol.WebRequest, "process", process)
    return requests


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_waits_for_the_thread_of_its_request(came: list[http.Request], kind: str) -> None:
    held, body = Held(), FORMS[kind]
    held.say(
        b"POST /signin/ HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
        % (kind.encode(), len(body), body)
    )
    assert [request.args for request in came] == [{}]
    assert came[0].content is not None
    assert came[0].content.read() == body


@pytest.mark.parametrize(
    ("upgrade", "version", "key"),
    [(b"websocket", b"99", KEY), (b"WebSocket", b"13", b"eHh4"), (b"websocket", b"", b"")],
)
def test_a_socket_that_no_browser_would_open_is_refused_before_any_hands_are_shaken(
    came: list[Any], upgrade: bytes, version: bytes, key: bytes
) -> None:
    held = Held()
    held.say(SHAKE % (upgrade, version, key))
    assert held.transport.value().startswith(b"HTTP/1.1 426 ")
    assert held.closed
    assert came == []


def test_a_browsers_socket_goes_on_to_daphne(came: list[Any]) -> None:
    held = Held()
    held.say(SHAKE % (b"websocket", b"13", KEY))
    assert (len(came), held.closed) == (1, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=y"])
def test_a_form_that_cannot_be_read_is_refused_by_who_reads_it(web: Running, kind: str) -> None:
    answer = httpx.post(
        f"{web.url}/signin/", content=PARTS, headers={"Content-Type": kind}, timeout=PATIENCE
    )
    assert answer.status_code in {400, 403}
