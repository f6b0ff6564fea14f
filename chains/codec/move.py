"""Addresses of Move chains (Aptos, Sui): 32 bytes as hexadecimal. There is no checksum."""

from __future__ import annotations

import re

from chains.errors import BadAddress

_LONG = re.compile(r"0x[0-9a-f]{64}")
_SHORT = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]{0,62})")


def canonical(text: str) -> str:
    """0x and 64 digits, from that or from fewer without leading zeros. Raises BadAddress."""
    if not _LONG.fullmatch(text) and not _SHORT.fullmatch(text):
        raise BadAddress("an address of this network is 0x and 64 lower-case hexadecimal digits")
    return f"0x{text[2:]:0>64}"


def type_name(text: str) -> str:
    """A struct type without parameters, ``0x2::sui::SUI``, with the long address. Raises BadAddress."""
    address, *names = text.split("::")
    if len(names) != 2 or not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name) for name in names):
        raise BadAddress("a coin type is <address>::<module>::<name>")
    return "::".join((canonical(address), *names))
