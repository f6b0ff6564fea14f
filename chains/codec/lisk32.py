"""Lisk32, the addresses of Lisk before it became a rollup, and of its successor Klayr.

Source: LIP-0018, https://github.com/LiskArchive/lips/blob/main/proposals/lip-0018.md
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.errors import BadAddress

ALPHABET = "zxvcpmbn3465o978uyrtkqew2adsjhfg"
ADDRESS_BYTES = 20
_LETTERS, _CHECKSUM_LETTERS = 32, 6
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_DIGIT = {letter: value for value, letter in enumerate(ALPHABET)}


def _polymod(values: Sequence[int]) -> int:
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            state ^= generator if top >> place & 1 else 0
    return state


def decode(text: str, prefix: str) -> bytes:
    """The 20 bytes of an address with this three-letter prefix. Raises BadAddress."""
    letters = text.removeprefix(prefix)
    if not text.startswith(prefix) or len(letters) != _LETTERS + _CHECKSUM_LETTERS:
        raise BadAddress(f"an address of this network is {prefix!r} and {_LETTERS + _CHECKSUM_LETTERS} characters")
    if foreign := set(letters) - set(ALPHABET):
        raise BadAddress(f"character {min(foreign)!r} is not in the Lisk32 alphabet")
    values = [_DIGIT[letter] for letter in letters]
    if _polymod(values) != 1:
        raise BadAddress("the Lisk32 checksum is wrong")
    number = 0
    for value in values[:_LETTERS]:
        number = number << 5 | value
    return number.to_bytes(ADDRESS_BYTES, "big")


def encode(prefix: str, payload: bytes) -> str:
    assert len(payload) == ADDRESS_BYTES, "no address"
    number = int.from_bytes(payload, "big")
    values = [number >> 5 * place & 31 for place in reversed(range(_LETTERS))]
    state = _polymod([*values, *[0] * _CHECKSUM_LETTERS]) ^ 1
    values += [state >> 5 * place & 31 for place in reversed(range(_CHECKSUM_LETTERS))]
    return prefix + "".join(ALPHABET[value] for value in values)
