"""Segwit addresses: bech32 for witness version 0 (BIP-173), bech32m for versions 1 to 16 (BIP-350)."""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import getitem, xor

from chains.errors import BadAddress

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32 = 1
BECH32M = 0x2BC830A3
TEXT_MAX = 90
LONGEST = 512
"""The longest ``text_max`` any network may ask for."""
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)

_STEP = tuple(
    _GENERATOR[0] * (top & 1)
    ^ _GENERATOR[1] * (top >> 1 & 1)
    ^ _GENERATOR[2] * (top >> 2 & 1)
    ^ _GENERATOR[3] * (top >> 3 & 1)
    ^ _GENERATOR[4] * (top >> 4 & 1)
    for top in range(32)
)
_LETTER = {letter: value for value, letter in enumerate(ALPHABET)}
_FOREIGN = 0xFF
_VALUES = bytes(_LETTER.get(chr(code), _FOREIGN) for code in range(256))
_BASE_32 = bytes(ord("0123456789abcdefghijklmnopqrstuv"[value]) if value < 32 else 0 for value in _VALUES)
"""The letters in the digits that int() knows."""


def _one(state: int, value: int) -> int:
    return (state & 0x1FFFFFF) << 5 ^ value ^ _STEP[state >> 25]


def _places() -> tuple[tuple[int, ...], ...]:
    """What each value adds to the checksum from each place; the last place stands last."""
    places = [tuple(range(32))]
    while len(places) < LONGEST:
        places.append(tuple(_one(state, 0) for state in places[-1]))
    return tuple(reversed(places))


# The checksum over GF(32) is linear: that of a text is the sum of what each letter adds by itself, and the prefix.
_PLACES = _places()


@lru_cache(maxsize=256)
def _start(hrp: str, letters: int = 0) -> int:
    """The checksum of a prefix with so many letters of value 0 behind it."""
    state = 1
    for value in (*(ord(letter) >> 5 for letter in hrp), 0, *(ord(letter) & 31 for letter in hrp), *[0] * letters):
        state = _one(state, value)
    return state


def read(text: str, text_max: int = TEXT_MAX) -> tuple[str, int, int, int]:
    """A lower- or upper-case text -> (hrp, data as an integer, letters of data, BECH32 or BECH32M). Raises BadAddress.

    The integer holds 5 bits a letter, first letter highest, without the six letters of checksum. Some networks write
    texts longer than BIP-173 allows (``text_max``), whose checksum then promises less.
    """
    assert text_max <= LONGEST, "the tables end there"
    lower = text.lower()
    if text not in (lower, lower.upper()):
        raise BadAddress("upper and lower case are mixed")
    hrp, separator, data = lower.rpartition("1")
    if not separator or not 0 < len(hrp) <= 83 or len(data) < 6 or len(lower) > text_max:
        raise BadAddress("no bech32 text: prefix, separator or length is wrong")
    if not hrp.isascii() or not all("!" <= letter <= "~" for letter in hrp):
        raise BadAddress("the bech32 prefix has a character outside printable ASCII")
    raw = data.encode("ascii", "replace")
    values = raw.translate(_VALUES)
    if _FOREIGN in values:
        foreign = next(letter for letter in data if letter not in _LETTER)
        raise BadAddress(f"character {foreign!r} is not in the bech32 alphabet")
    number = int(raw.translate(_BASE_32), 32)
    state = reduce(xor, map(getitem, _PLACES[-len(values) :], values), _start(hrp, len(values)))
    if state not in (BECH32, BECH32M):
        raise BadAddress("the bech32 checksum is wrong")
    return hrp, number >> 30, len(data) - 6, state


def decode_segwit(text: str, hrp: str) -> tuple[int, bytes]:
    """(witness version, program) of an address with this lower-case prefix. Raises BadAddress."""
    found, number, letters, checksum = read(text)
    if found != hrp:
        raise BadAddress(f"the prefix is {found!r}, this network's is {hrp!r}")
    if not letters:
        raise BadAddress("the witness program is missing")
    program_bits = 5 * (letters - 1)
    version = number >> program_bits
    if version > 16:
        raise BadAddress(f"witness version {version} does not exist")
    if checksum != (BECH32 if version == 0 else BECH32M):
        raise BadAddress(f"witness version {version} asks for {'bech32' if version == 0 else 'bech32m'}")
    padding = program_bits % 8
    program = number & ((1 << program_bits) - 1)
    if padding > 4 or program & ((1 << padding) - 1):
        raise BadAddress("the padding of the witness program is wrong")
    size = program_bits // 8
    if not 2 <= size <= 40 or (version == 0 and size not in (20, 32)):
        raise BadAddress(f"a witness program of version {version} cannot have {size} bytes")
    return version, (program >> padding).to_bytes(size, "big")


def encode_segwit(hrp: str, version: int, program: bytes) -> str:
    """The lower-case address of a valid (version, program)."""
    assert 0 <= version <= 16, "no witness version"
    assert len(program) in ((20, 32) if version == 0 else range(2, 41)), "no witness program"
    letters = (len(program) * 8 + 4) // 5
    number = int.from_bytes(program, "big") << (letters * 5 - len(program) * 8)
    values = [version, *(number >> 5 * place & 31 for place in reversed(range(letters)))]
    return write(hrp, values, BECH32 if version == 0 else BECH32M)


def write(hrp: str, values: list[int], checksum: int) -> str:
    """The lower-case text of 5-bit values behind a prefix; ``checksum`` is BECH32 or BECH32M."""
    state = _start(hrp)
    for value in (*values, 0, 0, 0, 0, 0, 0):
        state = _one(state, value)
    state ^= checksum
    letters = [*values, *(state >> 5 * place & 31 for place in reversed(range(6)))]
    return f"{hrp}1{''.join(ALPHABET[value] for value in letters)}"
