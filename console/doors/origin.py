"""Which pages may open a live socket: those of this very address, port included, and those an
administrator trusts.
"""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host

from console.finishing import Application

PORTS = {"http": 80, "https": 443}


class SameOrigin:
    """An ASGI application around another. A browser always says where its page is from; a client
    that does not is refused.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        said = {name: value.decode("latin1") for name, value in scope["headers"]}
        if ours(said.get(b"origin", ""), said.get(b"host", "")):
            await self._application(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)


def ours(origin: str, host: str) -> bool:
    """Whether a page of `origin` belongs to the house that was addressed as `host`."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    place = placed(origin)
    return (
        place is not None
        and validate_host(place[0], settings.ALLOWED_HOSTS)
        and placed(f"{urlsplit(origin).scheme}://{host}") == place
    )


def read(address: str) -> SplitResult:
    """An address that a browser says, in its parts; all of them empty when it cannot be read."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def placed(address: str) -> tuple[str, int] | None:
    """Host and port; None for what is not a web address."""
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port and parts.scheme in PORTS else None
