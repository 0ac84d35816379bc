"""The address a request really came from.

`X-Forwarded-For` is written by whoever sends the request, except for the part that our own proxies added. So the
list is read from the right, and only as long as the address that spoke to us is one of LINLI_TRUSTED_PROXIES
(addresses or networks). With no trusted proxy the header is ignored.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from django.http import HttpRequest

from linli.people import conf

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(name, strict=False) for name in names)


def _parsed(text: str) -> Address | None:
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].split("]")[0]
    elif bare.count(":") == 1:
        bare = bare.split(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def client_address(request: HttpRequest) -> str:
    """The client's address as text; "unknown" when the server did not tell (a Unix socket)."""
    trusted = _networks(tuple(conf.value("LINLI_TRUSTED_PROXIES", ())))
    current = _parsed(request.META.get("REMOTE_ADDR", ""))
    if current is None:
        return "unknown"
    for text in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        if not any(current in network for network in trusted):
            break
        before = _parsed(text)
        if before is None:
            break
        current = before
    return str(current)


def throttle_address(request: HttpRequest) -> str:
    """What counts as one client: the address, of IPv6 the /64 network that one household has."""
    text = client_address(request)
    address = _parsed(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return text


def shortened_address(request: HttpRequest) -> str:
    """The address without its last part, for audit rows: tells the network, not the household."""
    address = _parsed(client_address(request))
    if address is None:
        return ""
    prefix = 24 if isinstance(address, ipaddress.IPv4Address) else 48
    return str(ipaddress.ip_network((address, prefix), strict=False))


def is_loopback(request: HttpRequest) -> bool:
    """Whether the request comes from this very machine and no proxy has passed it on."""
    passed_on = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    return address is not None and address.is_loopback and not any(name in request.META for name in passed_on)
