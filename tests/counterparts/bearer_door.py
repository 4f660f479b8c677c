"""A door before a real MCP server over HTTP, which itself asks nobody who they are: lets through
who bears the token, and tells the others 401. `python bearer_door.py PORT ADDRESS TOKEN`.
"""

import sys

import httpx2
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

PORT, ADDRESS, TOKEN = int(sys.argv[1]), sys.argv[2], sys.argv[3]
OWN = frozenset({"host", "content-length", "transfer-encoding", "connection", "authorization"})


class Door:
    """One client for all that are let through."""

    def __init__(self) -> None:
        self.client = httpx2.AsyncClient(timeout=None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            answer = await self.answer(request)
            await answer(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if request.url.path == "/ready":
            return await self.ready()
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return PlainTextResponse("who are you?", 401)
        headers = {name: value for name, value in request.headers.items() if name not in OWN}
        asked = self.client.build_request(
            request.method,
            f"{ADDRESS}{request.url.path}",
            headers=headers,
            content=await request.body(),
        )
        given = await self.client.send(asked, stream=True)
        kept = {name: value for name, value in given.headers.items() if name not in OWN}
        return StreamingResponse(given.aiter_raw(), given.status_code, kept)

    async def ready(self) -> Response:
        """Once the server behind it listens."""
        try:
            await self.client.get(ADDRESS)
        except httpx2.HTTPError:
            return PlainTextResponse("not yet", 503)
        return PlainTextResponse("open")


if __name__ == "__main__":
    uvicorn.run(Door(), host="127.0.0.1", port=PORT, log_level="error", lifespan="off")
