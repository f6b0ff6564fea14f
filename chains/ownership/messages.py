"""The 32 bytes that are signed for a message, by the name of the form. The message is the file's own, as UTF-8."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from chains.codec.evm_address import keccak256
from chains.codec.hashes import sha256d

OKX_HEADER = "OKX Signed Message:\n"
_VARINT_16, _VARINT_32 = 0xFD, 0x10000


def varstring(data: bytes) -> bytes:
    """Bitcoin's variable-length string. Cells are far below 2**32 bytes."""
    size = len(data)
    if size < _VARINT_16:
        return bytes([size]) + data
    if size < _VARINT_32:
        return b"\xfd" + size.to_bytes(2, "little") + data
    return b"\xfe" + size.to_bytes(4, "little") + data


def with_header(header: str, message: str) -> bytes:
    """What Bitcoin-like signatures sign, before any hash."""
    return varstring(header.encode()) + varstring(message.encode())


@lru_cache(maxsize=256)
def bitcoin(header: str, message: str) -> bytes:
    return sha256d(with_header(header, message))


def _okx(message: bytes) -> bytes:
    return keccak256(varstring(OKX_HEADER.encode()) + varstring(message))


def _eip191_keccak(message: bytes) -> bytes:
    return keccak256(b"\x19Ethereum Signed Message:\n32" + keccak256(message))


def _eip191_text(message: bytes) -> bytes:
    return keccak256(b"\x19Ethereum Signed Message:\n%d" % len(message) + message)


def _tron_v2(message: bytes) -> bytes:
    return keccak256(b"\x19TRON Signed Message:\n%d" % len(message) + message)


def _tron_v1(message: bytes) -> bytes:
    return keccak256(b"\x19TRON Signed Message:\n32" + keccak256(message))


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "okx-keccak": _okx,
    "eip191-keccak": _eip191_keccak,
    "eip191-text": _eip191_text,
    "tron-v2": _tron_v2,
    "tron-v1": _tron_v1,
}


@lru_cache(maxsize=256)
def digest(form: str, message: str) -> bytes:
    """Lists repeat one message on every row, so that the last ones are kept."""
    return FORMS[form](message.encode())
