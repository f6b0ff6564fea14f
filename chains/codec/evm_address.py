"""EVM addresses: 0x and 40 hex digits, with the EIP-55 checksum where the text mixes cases."""

from __future__ import annotations

import re

import sha3  # type: ignore[import-untyped]

from chains.errors import BadAddress
from chains.types import Address

_LOWER = re.compile(r"0x[0-9a-f]{40}")
_UPPER = re.compile(r"0x[0-9A-F]{40}")
_MIXED = re.compile(r"0x[0-9a-fA-F]{40}")


def keccak256(data: bytes) -> bytes:
    """The hash of Ethereum (original Keccak padding, not SHA3-256)."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


def checksummed(address: Address) -> str:
    """The EIP-55 spelling of a canonical address."""
    digits = address[2:]
    nibbles = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if nibble >= "8" else digit for digit, nibble in zip(digits, nibbles, strict=False)
    )


def parse(text: str) -> Address:
    """Canonical (lower-case) form. One case throughout carries no checksum; mixed case must satisfy EIP-55.

    Raises BadAddress.
    """
    if _LOWER.fullmatch(text):
        return Address(text)
    if not _MIXED.fullmatch(text):
        raise BadAddress("an EVM address is 0x and 40 hexadecimal digits")
    address = Address("0x" + text[2:].lower())
    if not _UPPER.fullmatch(text) and checksummed(address) != text:
        raise BadAddress("mixed case does not match the EIP-55 checksum")
    return address
