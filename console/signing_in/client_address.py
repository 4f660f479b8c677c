"""The true address of whoever asks, behind as many proxies as the operator says there are."""

import ipaddress
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

FORWARDED = "HTTP_X_FORWARDED_FOR"
PEER = "REMOTE_ADDR"


class TrueAddress:
    """Middleware, before all that asks for an address: puts the visitor's own in the place of the
    proxy's.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        said = str(request.META.get(FORWARDED, "")).split(",")
        request.META[PEER] = behind(
            settings.PROXIES, str(request.META.get(PEER, "")), [each.strip() for each in said]
        )
        return self.get_response(request)


def behind(proxies: int, peer: str, forwarded: Sequence[str]) -> str:
    """The address that the outermost of `proxies` trusted proxies saw: each adds to the end of
    `forwarded` whom it heard. What stands before that, anybody may have written.

    The peer itself when there are no proxies, or when what one wrote is no address.
    """
    if proxies < 1 or len(forwarded) < proxies:
        return peer
    return parsed(forwarded[-proxies]) or peer


def parsed(text: str) -> str:
    """An address as it is written for certain, without a port; empty when it is none."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""


def network(address: str) -> str:
    """What counts as one place: an IPv4 address, or the 64 bits that one household has of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)
