"""Values out of a published JSON file: each reader names what it wanted and raises BadValue for anything else."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from indexer.liabilities.poseidon_bn254 import R

U64 = 1 << 64
_DIGITS = re.compile(r"-?[0-9]{1,80}")


class BadValue(ValueError):
    """A value that is not what its place in the file asks for."""


def field(table: dict[str, Any], key: str) -> Any:
    """``table[key]``, which must be there: a missing amount is not zero."""
    if key not in table:
        raise BadValue(f"no {key}")
    return table[key]


def whole(value: Any, what: str, *, below: int, least: int = 0) -> int:
    """An integer, or an integer written as text, in [least, below)."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if type(value) is not int:
        raise BadValue(f"{what} is not a whole number")
    if not least <= value < below:
        raise BadValue(f"{what} is outside its range")
    return value


def items(value: Any, what: str, *, most: int) -> list[Any]:
    """A list of at most ``most`` items."""
    if not isinstance(value, list):
        raise BadValue(f"{what} is not a list")
    if len(value) > most:
        raise BadValue(f"{what} has {len(value)} items; at most {most} are possible")
    return value


def table_of(value: Any, what: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise BadValue(f"{what} is not an object")
    return value


def text(value: Any, what: str, *, most: int = 64) -> str:
    """Printable text of 1 to ``most`` characters."""
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise BadValue(f"{what} is not a short text")
    return value


def hex_bytes(value: Any, what: str, *, size: int = 32) -> bytes:
    """Exactly ``size`` bytes in hexadecimal, without 0x."""
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-fA-F]{{{2 * size}}}", value):
        raise BadValue(f"{what} is not {size} bytes in hexadecimal")
    return bytes.fromhex(value)


def element_hex(value: Any, what: str) -> int:
    """32 bytes in hexadecimal as an element of BN254's scalar field, canonical."""
    return _canonical(hex_bytes(value, what), what)


def element_base64(value: Any, what: str) -> int:
    """32 bytes in base64 as an element of BN254's scalar field, canonical."""
    try:
        raw = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise BadValue(f"{what} is not 32 bytes in base64")
    return _canonical(raw, what)


def _canonical(raw: bytes, what: str) -> int:
    # A second spelling of one element (value + R) would let one tree be published under two roots.
    element = int.from_bytes(raw)
    if element >= R:
        raise BadValue(f"{what} is not below the field's modulus")
    return element
