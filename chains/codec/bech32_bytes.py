"""Bech32 of plain bytes, as account addresses use it outside segwit (Cosmos and kin, Harmony, PlatON, Injective)."""

from __future__ import annotations

from chains.codec import bech32
from chains.errors import BadAddress


def decode(text: str, hrp: str, *, size: int, text_max: int = bech32.TEXT_MAX) -> bytes:
    """The ``size`` bytes behind a lower-case prefix. All upper case is read, mixed case is not. Raises BadAddress."""
    found, number, letters, checksum = bech32.read(text, text_max)
    if found != hrp:
        raise BadAddress(f"the prefix is {found!r}, this network's is {hrp!r}")
    if checksum != bech32.BECH32:
        raise BadAddress("bech32m, where this network has bech32")
    padding = 5 * letters - 8 * size
    if not 0 <= padding < 5:
        raise BadAddress(f"an address of this network has {size} bytes")
    if number & ((1 << padding) - 1):
        raise BadAddress("the padding is wrong")
    return (number >> padding).to_bytes(size, "big")


def encode(hrp: str, payload: bytes) -> str:
    """The lower-case text of bytes behind a prefix."""
    letters = (len(payload) * 8 + 4) // 5
    number = int.from_bytes(payload, "big") << (letters * 5 - len(payload) * 8)
    return bech32.write(hrp, [number >> 5 * place & 31 for place in reversed(range(letters))], bech32.BECH32)
