"""Stacks addresses: ``S``, a version letter, and c32 of hash and checksum. Read in upper case only."""

from __future__ import annotations

from chains.codec.hashes import sha256d
from chains.errors import BadAddress

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SIZE = 24
_LETTERS_MAX = 39


def decode(text: str) -> tuple[int, bytes]:
    """(version, 20 bytes). Raises BadAddress."""
    body = text[2:]
    values = [ALPHABET.find(letter) for letter in text[1:]]
    if not text.startswith("S") or not 0 < len(body) <= _LETTERS_MAX or -1 in values:
        raise BadAddress("an address of this network is 'S' and upper-case c32")
    number = 0
    for value in values[1:]:
        number = number << 5 | value
    if number.bit_length() > 8 * _SIZE:
        raise BadAddress("wrong length")
    raw = number.to_bytes(_SIZE, "big")
    if sha256d(bytes(values[:1]) + raw[:-4])[:4] != raw[-4:]:
        raise BadAddress("the checksum is wrong")
    if encode(values[0], raw[:-4]) != text:
        raise BadAddress("not the one spelling of this address")
    return values[0], raw[:-4]


def encode(version: int, payload: bytes) -> str:
    raw = payload + sha256d(bytes([version]) + payload)[:4]
    number = int.from_bytes(raw, "big")
    letters: list[str] = []
    while number:
        number, digit = divmod(number, 32)
        letters.append(ALPHABET[digit])
    zeros = "0" * (len(raw) - len(raw.lstrip(b"\0")))
    return f"S{ALPHABET[version]}{zeros}{''.join(reversed(letters))}"
