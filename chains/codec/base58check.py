"""Base58Check: version and payload behind a 4-byte double-SHA-256 checksum. Strict, and fast enough for long lists."""

from __future__ import annotations

from hashlib import sha256

from chains.errors import BadAddress

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TEXT_MAX = 128
_DIGIT = {letter: value for value, letter in enumerate(ALPHABET)}
_PAIR = {high + low: _DIGIT[high] * 58 + _DIGIT[low] for high in ALPHABET for low in ALPHABET}


def decode(text: str) -> bytes:
    """Version and payload without the checksum. One text per payload. Raises BadAddress."""
    if not 4 < len(text) <= TEXT_MAX:
        raise BadAddress(f"{len(text)} characters are no Base58Check text")
    try:
        number = _DIGIT[text[0]] if len(text) & 1 else 0
        for index in range(len(text) & 1, len(text), 2):
            number = number * 3364 + _PAIR[text[index : index + 2]]
    except KeyError:
        raise BadAddress(f"character {_first_foreign(text)!r} is not in the Base58 alphabet") from None
    zeros = len(text) - len(text.lstrip("1"))
    raw = number.to_bytes(zeros + (number.bit_length() + 7) // 8, "big")
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


def _first_foreign(text: str) -> str:
    return next(letter for letter in text if letter not in _DIGIT)
