"""Recoverable ECDSA signatures: text -> (R S, recovery id) -> the key that made them.

High-s rule: a signature whose s lies in the upper half is accepted. It recovers the very key, so it proves what its
low-s twin proves, and not every signer normalises. It adds nothing either: signers are counted by key, never by
signature. (BIP-322 is the exception: there the low-s rule is part of the scheme, see bip322.py.)
"""

from __future__ import annotations

from typing import NamedTuple

from coincurve import PublicKey

from chains.ownership.types import BadProof

SIGNATURE_BYTES = 65
_RECOVERY_ID = {0: 0, 1: 1, 27: 0, 28: 1}


class Signature(NamedTuple):
    rs: bytes
    recovery_id: int


def from_hex(text: str) -> Signature:
    """R S V in hexadecimal, with or without 0x. V is 27 or 28, or 0 or 1 for the same. Raises BadProof."""
    digits = text.removeprefix("0x")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != SIGNATURE_BYTES or len(digits) != 2 * SIGNATURE_BYTES:  # fromhex itself reads over white space
        raise BadProof(f"a signature is {SIGNATURE_BYTES} bytes in hexadecimal")
    if raw[64] not in _RECOVERY_ID:
        raise BadProof(f"V is {raw[64]}, not 27 or 28")
    return Signature(raw[:64], _RECOVERY_ID[raw[64]])


def recover(digest: bytes, signature: Signature) -> bytes:
    """The signing key: 04 and both coordinates. Raises BadProof."""
    try:
        key = PublicKey.from_signature_and_message(signature.rs + bytes([signature.recovery_id]), digest, hasher=None)
    except ValueError:
        raise BadProof("R and S are no signature") from None
    return key.format(compressed=False)


def compressed(key: bytes) -> bytes:
    """The 33-byte form of a 65-byte key."""
    return bytes([2 + (key[64] & 1)]) + key[1:33]


def check_published_key(text: str, keys: tuple[bytes, ...]) -> None:
    """A published key must be one that signed. Nothing published passes unread. Raises BadProof."""
    digits = text.removeprefix("0x").lower()
    forms = {form.hex() for key in keys for form in (key, key[1:], compressed(key))}
    if digits not in forms:
        raise BadProof("the published key is not the one that signed")
