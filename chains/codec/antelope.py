"""Antelope (EOS, Vaulta, WAX): keys and signatures as text, with RIPEMD-160 checksums, and account names."""

from __future__ import annotations

import hashlib
import re

from chains.codec import base58
from chains.errors import BadAddress

KEY_BYTES, SIGNATURE_BYTES = 33, 65
_CHECKSUM_BYTES = 4
_CURVE = b"K1"
_NAME = re.compile(r"[a-z1-5.]{0,11}[a-z1-5]|[a-z1-5.]{12}[a-j1-5]")


def _checksum(body: bytes, suffix: bytes) -> bytes:
    return hashlib.new("ripemd160", body + suffix, usedforsecurity=False).digest()[:_CHECKSUM_BYTES]


def _decode(letters: str, suffix: bytes, size: int, what: str) -> bytes:
    raw = base58.decode(letters)
    if len(raw) != size + _CHECKSUM_BYTES:
        raise BadAddress(f"{what} has {size} bytes and a checksum")
    if _checksum(raw[:size], suffix) != raw[size:]:
        raise BadAddress(f"the checksum of {what} is wrong")
    return raw[:size]


def _encode(body: bytes, suffix: bytes) -> str:
    return base58.encode(body + _checksum(body, suffix))


def decode_key(text: str) -> bytes:
    """The compressed point of ``EOS...`` (the old form) or ``PUB_K1_...``. Raises BadAddress."""
    if text.startswith("PUB_K1_"):
        return _decode(text[7:], _CURVE, KEY_BYTES, "a public key")
    if text.startswith("EOS"):
        return _decode(text[3:], b"", KEY_BYTES, "a public key")
    raise BadAddress("a public key starts with EOS or PUB_K1_")


def encode_key(key: bytes, *, old: bool = False) -> str:
    return "EOS" + _encode(key, b"") if old else "PUB_K1_" + _encode(key, _CURVE)


def decode_signature(text: str) -> bytes:
    """The 65 bytes of ``SIG_K1_...``: header, R, S. Raises BadAddress."""
    if not text.startswith("SIG_K1_"):
        raise BadAddress("a signature starts with SIG_K1_")
    return _decode(text[7:], _CURVE, SIGNATURE_BYTES, "a signature")


def encode_signature(signature: bytes) -> str:
    return "SIG_K1_" + _encode(signature, _CURVE)


def check_name(text: str) -> None:
    """Raises BadAddress."""
    if not _NAME.fullmatch(text):
        raise BadAddress("an account name is 1 to 13 of a-z, 1-5 and dots, with no dot at its end")
