"""RFC 4648 Base32 without padding, upper case, one text per payload."""

from __future__ import annotations

from chains.errors import BadAddress

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DIGIT = {letter: value for value, letter in enumerate(ALPHABET)}


def decode(text: str, *, size: int) -> bytes:
    """The ``size`` bytes of a text that spends as few letters on them as can be. Raises BadAddress."""
    if len(text) != (8 * size + 4) // 5:
        raise BadAddress(f"{len(text)} characters are not the Base32 of {size} bytes")
    number = 0
    for letter in text:
        if letter not in _DIGIT:
            raise BadAddress(f"character {letter!r} is not in the Base32 alphabet")
        number = number << 5 | _DIGIT[letter]
    padding = 5 * len(text) - 8 * size
    if number & ((1 << padding) - 1):
        raise BadAddress("the last Base32 character has bits that belong to nothing")
    return (number >> padding).to_bytes(size, "big")


def encode(payload: bytes) -> str:
    letters = (len(payload) * 8 + 4) // 5
    number = int.from_bytes(payload, "big") << (letters * 5 - len(payload) * 8)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(letters)))
