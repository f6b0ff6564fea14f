"""Base58 without a checksum of its own."""

from __future__ import annotations

from chains.codec.base58check import ALPHABET, TEXT_MAX, bytes_of
from chains.errors import BadAddress


def decode(text: str) -> bytes:
    """One text per payload. Raises BadAddress."""
    if not 0 < len(text) <= TEXT_MAX:
        raise BadAddress(f"{len(text)} characters are no Base58 text")
    return bytes_of(text)


def encode(payload: bytes) -> str:
    number = int.from_bytes(payload, "big")
    letters: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(ALPHABET[digit])
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + "".join(reversed(letters))
