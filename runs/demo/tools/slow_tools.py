"""Tools that take their time, and one that goes out: for watching what a pause and a kill do to a
long call.
"""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from console.outside import outgoing
from runs.demo import conf
from runs.demo.tools.shapes import ShortText
from runs.engine.engine_errors import ToolError
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool

LARGEST = 200_000
LARGEST_PAGE = 10_000_000
Seconds = Annotated[float, Field(ge=0, le=900)]
Address = Annotated[str, Field(max_length=500, json_schema_extra={"format": "uri"})]


@tool(effect=Effect.READ, timeout=900)
async def wait(seconds: Seconds) -> dict[str, Any]:
    """Wait, as for a build or a slow colleague."""
    await asyncio.sleep(seconds)
    return {"waited": seconds}


@tool(effect=Effect.READ, timeout=5)
async def echo(text: ShortText) -> str:
    """Say the same again. Costs nothing and does nothing."""
    return text


@tool(effect=Effect.IRREVERSIBLE, idempotent=False, timeout=120, scope="net:fetch")
async def fetch_url(url: Address) -> dict[str, Any]:
    """Fetch a page.

    Only from hosts that were allowed; where an address can carry data out, fetching is not a read.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.netloc not in conf.may_fetch_from():
        raise ToolError(
            f"{parts.netloc or url} is not a host that may be asked: it is not allowed."
        )
    async with outgoing.async_client(outgoing.Timeout(120), most=LARGEST_PAGE) as client:
        answer = await client.get(url)
    return {"status": answer.status_code, "body": answer.text[:LARGEST]}
