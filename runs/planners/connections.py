"""One pool of HTTP connections per event loop, shared by every endpoint: providers are reached over
kept-alive connections.
"""

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

import httpx2

from console.outside import connecting

ANSWER_SECONDS: Final = 300.0
CONNECT_SECONDS: Final = 10.0

pools: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()


def pool() -> httpx2.AsyncClient:
    """The running loop's pool. It holds no key: keys travel with each request. Redirects are not
    followed, since a key would follow too.
    """
    loop = asyncio.get_running_loop()
    if loop not in pools:
        # a thousand, not httpx's hundred: one worker may have hundreds of runs waiting for an
        # answer at once
        limits = httpx2.Limits(max_connections=1_000, max_keepalive_connections=100)
        patience = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        pools[loop] = connecting.guarded(httpx2.AsyncClient(timeout=patience, limits=limits))
    return pools[loop]


async def close() -> None:
    """Closes the running loop's pool, if it has one."""
    client = pools.pop(asyncio.get_running_loop(), None)
    if client:
        await client.aclose()
