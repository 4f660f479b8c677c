"""Where the console is reached from outside, as far as its settings say: which pages may post to
it, and where links in messages lead. Pure.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

HERE = "http://127.0.0.1:8000"


def trusted_origins(hosts: Sequence[str], url: str) -> list[str]:
    """The origins of forms that may be posted: those of the hosts over HTTPS, each with all its
    names below where it begins with a dot, and that of the address, which may name another port.
    """
    found = [f"https://*{host}" if host.startswith(".") else f"https://{host}" for host in hosts]
    return list(dict.fromkeys([*found, *origin_of(url)]))


def origin_of(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    return [f"{parts.scheme}://{parts.netloc}"] if parts.scheme and parts.netloc else []


def usual(hosts: Sequence[str], *, https: bool) -> str:
    """Where links lead when no address was given: to the first host that is a whole name."""
    named = [host for host in hosts if not host.startswith((".", "*"))]
    return f"{'https' if https else 'http'}://{named[0]}" if named else HERE
