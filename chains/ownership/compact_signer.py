"""One signature of a Bitcoin-like message -> the key that made it, and the addresses it may speak for.

The first byte says which form of the key, or of the address, it speaks for: 27 to 30 an uncompressed key, 31 to 34 a
compressed one, and by BIP-137 35 to 38 P2SH-P2WPKH, 39 to 42 P2WPKH. Signatures in hexadecimal are those of `ecdsa.py`
(R S V over the OKX form); they say nothing of the key's form, so both are tried.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from functools import cache
from typing import NamedTuple

from chains.ownership import secp256k1
from chains.ownership.messages import bitcoin, digest
from chains.ownership.secp256k1 import Signature, compressed
from chains.ownership.types import BadProof

COMPACT_BYTES = 65
_UNCOMPRESSED, _COMPRESSED, _NESTED, _SEGWIT, _END = 27, 31, 35, 39, 43


class Signer(NamedTuple):
    """A key in every form its signature may speak for, compressed last; ``forms`` are the addresses it may prove."""

    keys: tuple[bytes, ...]
    forms: tuple[str, ...]
    message: str


def signer_of(text: str, message: str, header: str) -> Signer:
    """Raises BadProof."""
    raw = raw_signature(text)
    if raw is None:
        key = secp256k1.recover(digest("okx-keccak", message), secp256k1.from_hex(text))
        return Signer((key, compressed(key)), ("p2pkh", "p2wpkh", "p2sh-p2wpkh", "script"), "okx-keccak")
    if len(raw) != COMPACT_BYTES:
        raise BadProof(f"a compact signature has {COMPACT_BYTES} bytes")
    head = raw[0]
    if not _UNCOMPRESSED <= head < _END:
        raise BadProof(f"the first byte of the signature is {head}, not 27 to 42")
    key = secp256k1.recover(bitcoin(header, message), Signature(raw[1:], (head - _UNCOMPRESSED) % 4))
    name = _message_name(header)
    if head < _COMPRESSED:
        return Signer((key,), ("p2pkh", "script"), name)
    forms: tuple[str, ...] = ("p2pkh", "p2wpkh", "p2sh-p2wpkh", "script")
    if head >= _NESTED:
        forms = ("p2sh-p2wpkh",) if head < _SEGWIT else ("p2wpkh",)
    return Signer((compressed(key),), forms, name)


@cache
def _message_name(header: str) -> str:
    """``Bitcoin Gold Signed Message`` is ``bitcoin-gold-message``. Headers come from config: they are few."""
    return header.partition(" Signed")[0].lower().replace(" ", "-") + "-message"


def raw_signature(text: str) -> bytes | None:
    """The bytes of a Base64 signature in its one spelling; None for hexadecimal. Raises BadProof."""
    if text.startswith("0x"):
        return None
    try:
        raw = a2b_base64(text)
    except ValueError:
        raise BadProof("a signature is Base64, or hexadecimal with 0x") from None
    if b2a_base64(raw, newline=False).decode() != text:  # a2b_base64 reads over what is no Base64
        raise BadProof("the Base64 of the signature is not in its one spelling")
    return raw
