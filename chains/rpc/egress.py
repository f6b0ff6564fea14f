"""Where a provider URL may lead. The last word falls at connect time, on the very address that is dialled.

So neither a DNS answer that changes between check and use nor an odd spelling of an address gets past it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from yarl import URL

from chains.errors import ChainError

Ip = IPv4Address | IPv6Address
AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]

METADATA = frozenset(
    map(
        ip_address,
        ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
    )
)
"""Cloud metadata services outside of the link-local range: Alibaba, Azure, Oracle, AWS, Google."""
METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog"})
_NAT64 = ip_network("64:ff9b::/96")


class EgressRefused(OSError):
    """The address is not one a provider may live at."""


def check_url(provider: str, text: str, *, allow_private: bool, schemes: Sequence[str] = ("http", "https")) -> URL:
    """The parsed URL. Raises ChainError for another scheme than these, or a host that may not be asked."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    host = (url.host or "").rstrip(".").lower()
    if url.scheme not in schemes or not host:
        raise ChainError(f"{provider}: a provider of its kind needs an {' or '.join(schemes)} URL with a host")
    literal = _literal(host)
    if host in METADATA_NAMES or (literal is not None and not allowed(literal, allow_private=allow_private)):
        raise ChainError(f"{provider}: the address of this URL is not allowed")
    return url


def guarded_socket(*, allow_private: bool) -> Callable[[AddrInfo], socket.socket]:
    """A socket factory for aiohttp that refuses (EgressRefused) to make sockets for forbidden addresses."""

    def make(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, peer = info
        if not allowed(ip_address(str(peer[0]).partition("%")[0]), allow_private=allow_private):
            # One text for all: aiohttp keeps the class only when every address failed with the same words.
            raise EgressRefused("the address is not allowed")
        return socket.socket(family, kind, protocol)

    return make


def allowed(address: Ip, *, allow_private: bool) -> bool:
    """Never link-local, multicast or metadata, also not inside an IPv6 wrapping; private ones only on request."""
    return all(
        not (ip.is_link_local or ip.is_multicast or ip in METADATA) and (allow_private or ip.is_global)
        for ip in _unwrapped(address)
    )


def _unwrapped(address: Ip) -> Iterator[Ip]:
    """The addresses a packet could end at: a wrapped IPv4 address instead of its wrapping."""
    inner: IPv4Address | None = None
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
    yield address if inner is None else inner


def _literal(host: str) -> Ip | None:
    """The address a host spells, also in the decimal, octal and hexadecimal forms that resolvers accept."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None
