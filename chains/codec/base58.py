"""Base58 without a checksum of its own."""

from __future__ import annotations

from chains.codec.base58check import ALPHABET, TEXT_MAX
from chains.errors import BadAddress

_DIGIT = {letter: value for value, letter in enumerate(ALPHABET)}


def decode(text: str) -> bytes:
    """One text per payload. Raises BadAddress."""
    if not 0 < len(text) <= TEXT_MAX:
        raise BadAddress(f"{len(text)} characters are no Base58 text")
    number = 0
    for letter in text:
        if letter not in _DIGIT:
            raise BadAddress(f"character {letter!r} is not in the Base58 alphabet")
        number = number * 58 + _DIGIT[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return number.to_bytes(zeros + (number.bit_length() + 7) // 8, "big")


def encode(payload: bytes) -> str:
    number = int.from_bytes(payload, "big")
    letters: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(ALPHABET[digit])
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + "".join(reversed(letters))
