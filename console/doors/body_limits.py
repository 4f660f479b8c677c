"""How much anybody may send: refused by the length a request states, and cut off when it turns out
to be more.
"""

import json
from typing import Any

from console.doors import api_errors, json_answers
from console.finishing import Application

MOST_BYTES = 3_000_000
"""Most bytes of a body; the longest form is an agent's script or a call's arguments."""
TOO_LARGE = b"This request is larger than anything this console asks for.\n"


class Bounded:
    """An ASGI application around another: a body over `MOST_BYTES` is answered 413, and no more of
    it is read.
    """

    def __init__(self, application: Application, most: int = MOST_BYTES) -> None:
        self.application, self._most = application, most

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if announced(scope["headers"]) > self._most:
            await refuse(send, scope["path"])
            return
        held, size, more = [], 0, True
        while more:
            message = await receive()
            held.append(message)
            more = message["type"] == "http.request" and message.get("more_body", False)
            size += len(message.get("body", b""))
            if size > self._most:
                await refuse(send, scope["path"])
                return

        async def replayed() -> Any:
            return held.pop(0) if held else await receive()

        await self.application(scope, replayed, send)


def announced(headers: Any) -> int:
    """The length that a request states; 0 when it states none, or none that is a number."""
    said = next((value for name, value in headers if name == b"content-length"), b"")
    return int(said) if said.isdigit() and len(said) < 19 else 0


def told(path: str) -> tuple[bytes, bytes]:
    """Type and body of the answer: a sentence, or the form of errors where programs ask."""
    if path.startswith(json_answers.HERE):
        return b"application/json", json.dumps(api_errors.body(413)).encode()
    return b"text/plain; charset=utf-8", TOO_LARGE


async def refuse(send: Any, path: str) -> None:
    kind, body = told(path)
    headers = [
        (b"content-type", kind),
        (b"connection", b"close"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
