"""Where people who edit agents, tool servers and channels may have requests sent: into the wide
world, to this machine where the address says so itself, and to what is listed as the house's own.

A public name that leads inwards is refused, and so is whatever hands out credentials.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from pydantic import ValidationError

HostAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
OWN_HOSTS = "SIGNALBOX_PRIVATE_HOSTS"
GIVEN = re.compile(r"[A-Z0-9_]+_BASE_URL|SIGNALBOX_OIDC_ISSUER")
"""Variables whose address was given where Signalbox runs, not on a page: its host is the
house's own.
"""
CREDENTIALS = "has an address that leads to the credentials of this machine"
PRIVATE = (
    "leads to this machine or into a private network by another name; whoever runs Signalbox lists"
    f" such hosts in {OWN_HOSTS}"
)
LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
CARRYING = (
    LOCAL_NAT64,
    *map(ipaddress.IPv6Network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")),
)
"""Whose last 32 bits are an address of the older protocol, to which a translator leads: NAT64, the
stateless one, and the oldest form. A translator of the house's own may keep it elsewhere in its
address, so nothing behind one counts as public.
"""
OWN_OF_THE_NEWER = frozenset(map(ipaddress.IPv6Address, ("::", "::1")))
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
            "fd00:ec2::23/128",
            "fd20:ce::254/128",
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
        ),
    )
)
"""Link-local addresses, and the metadata services that clouds keep elsewhere."""


def problem(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """Why nothing may be sent there, as the end of a sentence that begins with its subject; empty
    when it may. A name is not looked up.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError:
        return "has an address that cannot be read"
    if parts.scheme not in ("http", "https") or not host:
        return "needs a URL that starts with http:// or https://"
    return reason(host, [], environment)


def strange_problem(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """`problem`, where anybody who is signed in may have thought up the address: it has to be
    https, and lead to this machine only if that is listed by name, as all other inner hosts.
    """
    if sentence := problem(url, environment):
        return sentence
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower().rstrip(".")
    names, networks = own_hosts(environment)
    literal = _literal(host)
    if host in names or (literal and any(_within(literal, one) for one in networks)):
        return ""
    if is_loopback(host):
        return PRIVATE
    return "" if parts.scheme == "https" else "needs a URL that starts with https://"


def reached_problem(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """`problem`, also for the addresses that a name resolves to now. Asks the resolver, so it may
    take a while; an unknown name is no problem here.
    """
    if sentence := problem(url, environment):
        return sentence
    host = (urlsplit(url.strip()).hostname or "").rstrip(".")
    if _literal(host) is not None:
        return ""
    try:
        found = {
            str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        }
    except (OSError, UnicodeError):
        return ""
    return reason(host, found, environment)


def reason(host: str, found: Iterable[str], environment: Mapping[str, str] = os.environ) -> str:
    """Why a host, with the addresses that were found for it, may not be reached; empty when it may.

    One address that may not be reached refuses all, since nobody mixes those in by accident.
    """
    host = host.lower().rstrip(".")
    literal = _literal(host)
    addresses = [each for each in (literal, *map(_literal, found)) if each is not None]
    if host in METADATA or any(map(_hands_out, addresses)):
        return CREDENTIALS
    inward = [each for each in addresses if not _public(each)]
    if not inward or (is_loopback(host) and all(_plain(each).is_loopback for each in inward)):
        return ""
    names, networks = own_hosts(environment)
    if host in names or all(any(_within(each, one) for one in networks) for each in inward):
        return ""
    return PRIVATE


def is_loopback(host: str) -> bool:
    """Whether a host says by itself that it is this machine."""
    literal = _literal(host)
    if literal is not None:
        return _plain(literal).is_loopback
    return host == "localhost" or host.endswith(".localhost")


Networks = list[ipaddress.IPv4Network | ipaddress.IPv6Network]


def own_hosts(environment: Mapping[str, str]) -> tuple[frozenset[str], Networks]:
    """Names and networks of the house that may be reached: those of the setting, and the hosts of
    addresses that the environment gives.
    """
    names, networks = set(_given(environment)), []
    for word in re.split(r"[\s,]+", environment.get(OWN_HOSTS, "").lower()):
        try:
            networks.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            names.add(word.rstrip("."))
    return frozenset(names - {""}), networks


def _given(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if GIVEN.fullmatch(name):
            try:
                yield (urlsplit(value.strip()).hostname or "").rstrip(".")
            except ValueError:
                continue


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


def _plain(address: HostAddress) -> HostAddress:
    """The address of the older protocol that one of the newer carries, which is where it leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address not in OWN_OF_THE_NEWER and any(address in network for network in CARRYING):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _hands_out(address: HostAddress) -> bool:
    return any(
        _within(each, network) for each in (address, _plain(address)) for network in NETWORKS
    )


def _public(address: HostAddress) -> bool:
    plain = _plain(address)
    if address.version == 6 and address in LOCAL_NAT64:
        return False
    return plain.is_global and not plain.is_multicast and not getattr(plain, "is_site_local", False)


def _within(address: HostAddress, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    plain = _plain(address)
    return network.version == plain.version and plain in network


def _literal(host: str) -> HostAddress | None:
    """The address that a host is by itself, also in old notations: 2852039166, 0xA9FEA9FE,
    169.254.43518.
    """
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host)) if host[:1].isdecimal() else None
    except OSError:
        return None
