"""What this process knows to be secret: its environment, its settings, what runs brought along. One
mask for everything that leaves it.
"""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings

from console.outside import variables
from console.outside.masking import Mask

MOST_LEARNT = 1_000
_learnt: dict[str, str] = {}
_current: Mask | None = None


def mask() -> Mask:
    """The mask of this moment. It looks through the environment: make one for a piece of work, and
    use `current` for each text of it.
    """
    global _current
    known = {
        **_learnt,
        **dict(_in_addresses()),
        **dict(_of_settings()),
        **variables.secrets(os.environ),
    }
    _current = _made(tuple(known.items()))
    return _current


def current() -> Mask:
    """The last mask made in this process."""
    return _current or mask()


def shortened(text: str, most: int) -> str:
    """At most so many characters of somebody else's words, without a secret. They are cut last: the
    half of a secret that is left by a cut is known to no mask.
    """
    return current().text(text)[:most]


@lru_cache(maxsize=8)
def _made(known: tuple[tuple[str, str], ...]) -> Mask:
    return Mask(dict(known))


def learn(values: Mapping[str, str]) -> None:
    """Add further secrets, values by name: what stands in the address of a tool server or a
    webhook. Kept while the process lives.
    """
    if len(_learnt) < MOST_LEARNT:
        _learnt.update(values)


def in_address(url: str, name: str) -> dict[str, str]:
    """The secrets that an address carries, by `name`: its password as written and decoded, and the
    values of its query.
    """
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:
        return {}
    queried = [value for key, value in parse_qsl(parts.query) if variables.SECRET.fullmatch(key)]
    return {value: name for value in (password, unquote(password), *queried) if value}


def _of_settings() -> Iterator[tuple[str, str]]:
    found = {
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": settings.DATABASE_URL,
        "the database's password": str(settings.DATABASES["default"].get("PASSWORD") or ""),
        "REDIS_URL": settings.REDIS_URL,
        "SIGNALBOX_SMTP_PASSWORD": settings.EMAIL_HOST_PASSWORD,
    }
    return ((value, name) for name, value in found.items() if value)


def _in_addresses() -> Iterator[tuple[str, str]]:
    """Passwords within URLs in the environment, such as a proxy's."""
    for name, value in (
        *os.environ.items(),
        ("DATABASE_URL", settings.DATABASE_URL),
        ("REDIS_URL", settings.REDIS_URL),
    ):
        if "://" in value and "@" in value:
            yield from in_address(value, name).items()
