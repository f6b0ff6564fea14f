"""Base58Check: version and payload behind a 4-byte double-SHA-256 checksum. Strict, and fast enough for long lists."""

from __future__ import annotations

from hashlib import sha256
from operator import mul

from chains.errors import BadAddress

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TEXT_MAX = 128
_FOREIGN = 0xFF
_DIGITS = bytes(ALPHABET.find(chr(code)) & _FOREIGN for code in range(256))
_POWERS = tuple(58**place for place in reversed(range(TEXT_MAX)))


def bytes_of(text: str) -> bytes:
    """What a text of 1 to TEXT_MAX letters stands for, leading zeros included. Raises BadAddress."""
    digits = text.encode("ascii", "replace").translate(_DIGITS)
    if _FOREIGN in digits:
        foreign = next(letter for letter in text if letter not in ALPHABET)
        raise BadAddress(f"character {foreign!r} is not in the Base58 alphabet")
    number: int = sum(map(mul, digits, _POWERS[-len(digits) :]))
    zeros = len(text) - len(text.lstrip("1"))
    return number.to_bytes(zeros + (number.bit_length() + 7) // 8, "big")


def decode(text: str) -> bytes:
    """Version and payload without the checksum. One text per payload. Raises BadAddress."""
    if not 4 < len(text) <= TEXT_MAX:
        raise BadAddress(f"{len(text)} characters are no Base58Check text")
    raw = bytes_of(text)
    payload = raw[:-4]
    if sha256(sha256(payload).digest()).digest()[:4] != raw[-4:]:
        raise BadAddress("the Base58 checksum is wrong")
    return payload


def encode(payload: bytes) -> str:
    """The one text of a version and payload."""
    raw = payload + sha256(sha256(payload).digest()).digest()[:4]
    number = int.from_bytes(raw, "big")
    letters: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(ALPHABET[digit])
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + "".join(reversed(letters))
