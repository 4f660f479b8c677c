"""One pool of HTTP connections per event loop, shared by every endpoint: providers are reached over
kept-alive connections.
"""

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

from console.outside import outgoing

ANSWER_SECONDS: Final = 300.0
CONNECT_SECONDS: Final = 10.0
MOST_BYTES: Final = 16 * 1024 * 1024

pools: WeakKeyDictionary[asyncio.AbstractEventLoop, outgoing.AsyncClient] = WeakKeyDictionary()


def pool() -> outgoing.AsyncClient:
    """The running loop's pool. It holds no key: keys travel with each request. Redirects are not
    followed, since a key would follow too.
    """
    loop = asyncio.get_running_loop()
    if loop not in pools:
        # a thousand, not httpx's hundred: one worker may have hundreds of runs waiting for an
        # answer at once
        patience = outgoing.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        pools[loop] = outgoing.async_client(patience, connections=1_000, most=MOST_BYTES)
    return pools[loop]


async def close() -> None:
    """Closes the running loop's pool, if it has one."""
    client = pools.pop(asyncio.get_running_loop(), None)
    if client:
        await client.aclose()
