"""Base 32 behind a prefix with the 40-bit BCH checksum that Bitcoin Cash and Conflux share."""

from __future__ import annotations

from collections.abc import Iterable

from chains.errors import BadAddress

CHECKSUM_LETTERS = 8
TEXT_MAX = 128
_GENERATOR = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)


def _polymod(values: Iterable[int]) -> int:
    state = 1
    for value in values:
        top = state >> 35
        state = (state & 0x07FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            if top >> bit & 1:
                state ^= generator
    return state ^ 1


def _spread(prefix: str) -> list[int]:
    return [*(ord(letter) & 31 for letter in prefix), 0]


def decode(text: str, *, prefix: str, alphabet: str) -> bytes:
    """The bytes behind ``prefix`` (lower case, without its colon), ``text`` being the part after it, in lower case.

    Raises BadAddress.
    """
    if not CHECKSUM_LETTERS < len(text) <= TEXT_MAX:
        raise BadAddress("wrong length")
    values = [alphabet.find(letter) for letter in text]
    if -1 in values:
        raise BadAddress(f"character {text[values.index(-1)]!r} is not in the base 32 alphabet of this network")
    if _polymod([*_spread(prefix), *values]):
        raise BadAddress("the checksum is wrong")
    data = values[:-CHECKSUM_LETTERS]
    size, padding = divmod(5 * len(data), 8)
    number = 0
    for value in data:
        number = number << 5 | value
    if padding > 4 or number & ((1 << padding) - 1):
        raise BadAddress("the padding is wrong")
    return (number >> padding).to_bytes(size, "big")


def encode(payload: bytes, *, prefix: str, alphabet: str) -> str:
    """The part after the colon."""
    letters = (len(payload) * 8 + 4) // 5
    number = int.from_bytes(payload, "big") << (letters * 5 - len(payload) * 8)
    values = [number >> 5 * place & 31 for place in reversed(range(letters))]
    check = _polymod([*_spread(prefix), *values, *[0] * CHECKSUM_LETTERS])
    values += [check >> 5 * place & 31 for place in reversed(range(CHECKSUM_LETTERS))]
    return "".join(alphabet[value] for value in values)
