"""Recoverable ECDSA signatures: text -> (R S, recovery id) -> the key that made them.

High-s rule: a signature whose s lies in the upper half is accepted. It recovers the very key, so it proves what its
low-s twin proves, and not every signer normalises. It adds nothing either: signers are counted by key, never by
signature. (BIP-322 is the exception: there the low-s rule is part of the scheme, see bip322.py.)
"""

from __future__ import annotations

import threading
from binascii import unhexlify
from typing import Any

from coincurve._libsecp256k1 import ffi, lib  # type: ignore[import-not-found]  # a compiled module
from coincurve.context import GLOBAL_CONTEXT

from chains.ownership.types import BadProof

SIGNATURE_BYTES, RS_BYTES, DIGEST_BYTES, KEY_BYTES = 65, 64, 32, 65
_RECOVERY_ID = {0: 0, 1: 1, 27: 0, 28: 1}
_CONTEXT, _UNCOMPRESSED = GLOBAL_CONTEXT.ctx, lib.SECP256K1_EC_UNCOMPRESSED
_parse, _recover = lib.secp256k1_ecdsa_recoverable_signature_parse_compact, lib.secp256k1_ecdsa_recover
_serialize = lib.secp256k1_ec_pubkey_serialize

Signature = tuple[bytes, int]
"""(R S, recovery id)"""


def from_hex(text: str) -> Signature:
    """R S V in hexadecimal, with or without 0x. V is 27 or 28, or 0 or 1 for the same. Raises BadProof."""
    try:
        raw = unhexlify(text.removeprefix("0x"))  # bytes.fromhex would read over white space
    except ValueError:
        raw = b""
    if len(raw) != SIGNATURE_BYTES:
        raise BadProof(f"a signature is {SIGNATURE_BYTES} bytes in hexadecimal")
    recovery_id = _RECOVERY_ID.get(raw[64])
    if recovery_id is None:
        raise BadProof(f"V is {raw[64]}, not 27 or 28")
    return raw[:64], recovery_id


def recover(digest: bytes, signature: Signature) -> bytes:
    """The signing key: 04 and both coordinates. Raises BadProof."""
    rs, recovery_id = signature
    if len(digest) != DIGEST_BYTES or len(rs) != RS_BYTES:  # libsecp256k1 itself would read on
        raise BadProof("R and S are no signature")
    parsed, point, key, read, size = _scratch.parts
    if not (_parse(_CONTEXT, parsed, rs, recovery_id) and _recover(_CONTEXT, point, parsed, digest)):
        raise BadProof("R and S are no signature")
    size[0] = KEY_BYTES
    _serialize(_CONTEXT, key, size, point, _UNCOMPRESSED)
    found: bytes = read[:]
    return found


class _Scratch(threading.local):
    """What libsecp256k1 writes to, made once a thread: coincurve's own calls make it anew for every signature."""

    def __init__(self) -> None:
        key = ffi.new(f"unsigned char[{KEY_BYTES}]")
        self.parts: tuple[Any, ...] = (
            ffi.new("secp256k1_ecdsa_recoverable_signature *"),
            ffi.new("secp256k1_pubkey *"),
            key,
            ffi.buffer(key, KEY_BYTES),
            ffi.new("size_t *"),
        )


_scratch = _Scratch()


def compressed(key: bytes) -> bytes:
    """The 33-byte form of a 65-byte key."""
    return bytes([2 + (key[64] & 1)]) + key[1:33]


def check_published_key(text: str, keys: tuple[bytes, ...]) -> None:
    """A published key must be one that signed. Nothing published passes unread. Raises BadProof."""
    digits = text.removeprefix("0x").lower()
    forms = {form.hex() for key in keys for form in (key, key[1:], compressed(key))}
    if digits not in forms:
        raise BadProof("the published key is not the one that signed")
