"""As much of the protobuf wire format as queries need: length-delimited fields and unsigned numbers. Pure.

Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator

from chains.errors import Malformed

_VARINT, _I64, _LEN, _I32 = 0, 1, 2, 5
_VARINT_BYTES_MAX = 10
_FIXED = {_I64: 8, _I32: 4}


def field(number: int, value: str | bytes) -> bytes:
    """One string, bytes or message field."""
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _LEN) + _varint(len(raw)) + raw


def integer(number: int, value: int) -> bytes:
    """One field of an unsigned number."""
    return _varint(number << 3 | _VARINT) + _varint(value)


def fields(message: bytes, number: int) -> list[bytes]:
    """Every value of a length-delimited field, in order. Raises Malformed."""
    return [value for found, value in _walk(message) if found == number and isinstance(value, bytes)]


def unsigned(message: bytes, number: int) -> int:
    """The last value of a field of numbers, 0 where it is absent; a negative one is 2**63 or more. Raises Malformed."""
    found = [value for which, value in _walk(message) if which == number and isinstance(value, int)]
    return found[-1] if found else 0


def text(message: bytes, number: int) -> str:
    """The last value of a string field, "" where it is absent. Raises Malformed."""
    found = fields(message, number)
    try:
        return found[-1].decode() if found else ""
    except UnicodeDecodeError:
        raise Malformed("protobuf: a string that is no UTF-8") from None


def _walk(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _read_varint(message, at)
            yield tag >> 3, value
            continue
        if kind == _LEN:
            size, at = _read_varint(message, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise Malformed(f"protobuf: wire type {kind}")
        if at + size > len(message):
            raise Malformed("protobuf: the message breaks off")
        if kind == _LEN:
            yield tag >> 3, message[at : at + size]
        at += size


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for place in range(_VARINT_BYTES_MAX):
        if at >= len(message):
            break
        number |= (message[at] & 0x7F) << 7 * place
        at += 1
        if message[at - 1] < 0x80:
            return number, at
    raise Malformed("protobuf: the number breaks off")
