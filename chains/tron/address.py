"""Tron addresses: 0x41 and the 20 bytes of an EVM address, as Base58Check text."""

from __future__ import annotations

from chains.codec import base58check
from chains.errors import BadAddress

_PREFIX = b"\x41"
_BYTES = 21


def raw(text: str) -> bytes:
    """The 20 bytes that contracts know. Raises BadAddress."""
    payload = base58check.decode(text)
    if len(payload) != _BYTES or payload[:1] != _PREFIX:
        raise BadAddress(f"{len(payload)} bytes beginning with 0x{payload[:1].hex()} are no Tron address")
    return payload[1:]


def text(address: bytes) -> str:
    """The one text of 20 bytes."""
    assert len(address) == _BYTES - 1
    return base58check.encode(_PREFIX + address)
