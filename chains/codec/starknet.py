"""Field elements of Starknet: addresses, keys, short strings, and names of functions."""

from __future__ import annotations

import re

from chains.codec.evm_address import keccak256
from chains.errors import BadAddress

PRIME = 2**251 + 17 * 2**192 + 1
ADDRESS_END = 2**251 - 256
SHORT_STRING_MAX = 31
_SELECTOR_END = 2**250
_LONG = re.compile(r"0x[0-9a-f]{64}")
_SHORT = re.compile(r"0x[1-9a-f][0-9a-f]{0,62}")


def decode(text: str) -> int:
    """0x and 64 digits, or fewer without leading zeros. Raises BadAddress."""
    if not _LONG.fullmatch(text) and not _SHORT.fullmatch(text):
        raise BadAddress("an address of this network is 0x and 64 lower-case hexadecimal digits")
    number = int(text, 16)
    if not 1 < number < ADDRESS_END:
        raise BadAddress("the number is outside the addresses of this network")
    return number


def encode(address: int) -> str:
    assert 1 < address < ADDRESS_END, "no address"
    return f"0x{address:064x}"


def short_string(text: str) -> int:
    """At most 31 ASCII characters as one element."""
    assert text.isascii(), "no ASCII"
    assert len(text) <= SHORT_STRING_MAX, "too long for one element"
    return int.from_bytes(text.encode(), "big")


def selector(name: str) -> int:
    """Of a function or type: the low 250 bits of its Keccak-256."""
    return int.from_bytes(keccak256(name.encode()), "big") % _SELECTOR_END
