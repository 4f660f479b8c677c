"""Where people who edit agents, tool servers and channels may have requests sent: anywhere except
addresses that hand out credentials.

Loopback and private networks are allowed, since local models and servers are there.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from pydantic import ValidationError

METADATA = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            "169.254.0.0/16",
            "fe80::/10",
            "fd00:ec2::254/128",
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
        ),
    )
)
"""Link-local addresses, and the metadata services that clouds keep elsewhere."""


def problem(url: str) -> str:
    """Why nothing may be sent there, as the end of a sentence that begins with its subject; empty
    when it may.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError:
        return "has an address that cannot be read"
    if parts.scheme not in ("http", "https") or not host:
        return "needs a URL that starts with http:// or https://"
    return "has an address that hands out the credentials of this machine" if _refused(host) else ""


def reached_problem(url: str) -> str:
    """`problem`, also for the addresses that a name resolves to now. Asks the resolver, so it may
    take a while; an unknown name is no problem here.
    """
    if sentence := problem(url):
        return sentence
    host = (urlsplit(url).hostname or "").rstrip(".")
    if _literal(host) is not None or host == "localhost":
        return ""
    try:
        found = {
            str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        }
    except (OSError, UnicodeError):
        return ""
    return (
        "has an address that leads to the credentials of this machine"
        if any(map(_refused, found))
        else ""
    )


def said(error: BaseException) -> str:
    """What went wrong with a request, without a word of what the other side sent: its body may be
    anything that this machine can reach.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ValidationError) or isinstance(error.__cause__, ValidationError):
        return "it answered with something that is not the protocol"
    return (
        (str(error).partition("\n")[0].partition("input_value=")[0]).rstrip(".")
        or type(error).__name__
    )


def _refused(host: str) -> bool:
    address = _literal(host)
    if address is None:
        return host.lower() in METADATA
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    return any(address in network for network in NETWORKS if network.version == address.version)


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is by itself, also in old notations: 2852039166, 0xA9FEA9FE,
    169.254.43518.
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() else None
    except OSError:
        return None
